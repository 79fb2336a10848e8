package coatcheck

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// The optional abilities of a ResponseWriter: a handler must find exactly
// those that the one beneath has, and each combination is a type of its own.
const (
	canFlush = 1 << iota
	canHijack
	canReadFrom
	canPush
)

// abilities finds them. Flush and Hijack are looked for as
// http.ResponseController does, through Unwrap, since it would otherwise get
// around the save.
func abilities(w http.ResponseWriter) (can int) {
	if _, ok := w.(io.ReaderFrom); ok {
		can |= canReadFrom
	}
	if _, ok := w.(http.Pusher); ok {
		can |= canPush
	}
	for w != nil {
		switch w.(type) {
		case interface{ FlushError() error }, http.Flusher:
			can |= canFlush
		}
		if _, ok := w.(http.Hijacker); ok {
			can |= canHijack
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	return can
}

// wrap returns the writer with the abilities of the one beneath.
func (v *visit) wrap() http.ResponseWriter {
	w := writer{v}
	switch abilities(v.w) {
	case canFlush:
		return writerF{w}
	case canHijack:
		return writerH{w}
	case canFlush | canHijack:
		return writerFH{writerF{w}}
	case canReadFrom:
		return writerR{w}
	case canFlush | canReadFrom:
		return writerFR{writerF{w}}
	case canHijack | canReadFrom:
		return writerHR{writerH{w}}
	case canFlush | canHijack | canReadFrom:
		return writerFHR{writerFH{writerF{w}}}
	case canPush:
		return writerP{w}
	case canFlush | canPush:
		return writerFP{writerF{w}}
	case canHijack | canPush:
		return writerHP{writerH{w}}
	case canFlush | canHijack | canPush:
		return writerFHP{writerFH{writerF{w}}}
	case canReadFrom | canPush:
		return writerRP{writerR{w}}
	case canFlush | canReadFrom | canPush:
		return writerFRP{writerFR{writerF{w}}}
	case canHijack | canReadFrom | canPush:
		return writerHRP{writerHR{writerH{w}}}
	case canFlush | canHijack | canReadFrom | canPush:
		return writerFHRP{writerFHR{writerFH{writerF{w}}}}
	}
	return w
}

// F flushes, H hijacks, R reads from, P pushes.
type (
	writerF    struct{ writer }
	writerH    struct{ writer }
	writerFH   struct{ writerF }
	writerR    struct{ writer }
	writerFR   struct{ writerF }
	writerHR   struct{ writerH }
	writerFHR  struct{ writerFH }
	writerP    struct{ writer }
	writerFP   struct{ writerF }
	writerHP   struct{ writerH }
	writerFHP  struct{ writerFH }
	writerRP   struct{ writerR }
	writerFRP  struct{ writerFR }
	writerHRP  struct{ writerHR }
	writerFHRP struct{ writerFHR }
)

func (w writerF) Flush()            { _ = w.flush() }
func (w writerF) FlushError() error { return w.flush() }

func (w writerH) Hijack() (net.Conn, *bufio.ReadWriter, error)  { return w.hijack() }
func (w writerFH) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

func (w writerR) ReadFrom(src io.Reader) (int64, error)   { return w.readFrom(src) }
func (w writerFR) ReadFrom(src io.Reader) (int64, error)  { return w.readFrom(src) }
func (w writerHR) ReadFrom(src io.Reader) (int64, error)  { return w.readFrom(src) }
func (w writerFHR) ReadFrom(src io.Reader) (int64, error) { return w.readFrom(src) }

func (w writerP) Push(target string, opts *http.PushOptions) error    { return w.push(target, opts) }
func (w writerFP) Push(target string, opts *http.PushOptions) error   { return w.push(target, opts) }
func (w writerHP) Push(target string, opts *http.PushOptions) error   { return w.push(target, opts) }
func (w writerFHP) Push(target string, opts *http.PushOptions) error  { return w.push(target, opts) }
func (w writerRP) Push(target string, opts *http.PushOptions) error   { return w.push(target, opts) }
func (w writerFRP) Push(target string, opts *http.PushOptions) error  { return w.push(target, opts) }
func (w writerHRP) Push(target string, opts *http.PushOptions) error  { return w.push(target, opts) }
func (w writerFHRP) Push(target string, opts *http.PushOptions) error { return w.push(target, opts) }
