package coatcheck_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/coatchecktest"
)

// A tcpInner is a ResponseWriter that notes what it is asked; the types below
// give it its optional abilities.
type tcpInner struct {
	header http.Header
	asked  []string
}

func (in *tcpInner) Header() http.Header { return in.header }
func (in *tcpInner) WriteHeader(int)     { in.asked = append(in.asked, "WriteHeader") }
func (in *tcpInner) Write(b []byte) (int, error) {
	in.asked = append(in.asked, "Write")
	return len(b), nil
}

var errTCPInner = errors.New("asked")

type (
	tcpFlusher      struct{ in *tcpInner }
	tcpErrorFlusher struct{ in *tcpInner }
	tcpHijacker     struct{ in *tcpInner }
	tcpReader       struct{ in *tcpInner }
	tcpPusher       struct{ in *tcpInner }
	tcpUnwrapper    struct{ http.ResponseWriter }
)

func (f tcpFlusher) Flush() { f.in.asked = append(f.in.asked, "Flush") }

func (f tcpErrorFlusher) FlushError() error {
	f.in.asked = append(f.in.asked, "Flush")
	return errTCPInner
}

func (h tcpHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.in.asked = append(h.in.asked, "Hijack")
	return nil, nil, errTCPInner
}

func (r tcpReader) ReadFrom(io.Reader) (int64, error) {
	r.in.asked = append(r.in.asked, "ReadFrom")
	return 7, errTCPInner
}

func (p tcpPusher) Push(string, *http.PushOptions) error {
	p.in.asked = append(p.in.asked, "Push")
	return errTCPInner
}

func (u tcpUnwrapper) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// The abilities, as bits.
const (
	tcpCanFlush = 1 << iota
	tcpCanHijack
	tcpCanReadFrom
	tcpCanPush
)

// tcpCan tells the abilities of a writer by the interfaces that it has.
func tcpCan(w http.ResponseWriter) (can int) {
	if _, ok := w.(http.Flusher); ok {
		can |= tcpCanFlush
	}
	if _, ok := w.(http.Hijacker); ok {
		can |= tcpCanHijack
	}
	if _, ok := w.(io.ReaderFrom); ok {
		can |= tcpCanReadFrom
	}
	if _, ok := w.(http.Pusher); ok {
		can |= tcpCanPush
	}
	return can
}

// tcpAbled returns a writer with the given abilities, each by embedding.
func tcpAbled(in *tcpInner, can int) http.ResponseWriter {
	f, h, r, p := tcpFlusher{in}, tcpHijacker{in}, tcpReader{in}, tcpPusher{in}
	return [16]http.ResponseWriter{
		in,
		struct {
			*tcpInner
			tcpFlusher
		}{in, f},
		struct {
			*tcpInner
			tcpHijacker
		}{in, h},
		struct {
			*tcpInner
			tcpFlusher
			tcpHijacker
		}{in, f, h},
		struct {
			*tcpInner
			tcpReader
		}{in, r},
		struct {
			*tcpInner
			tcpFlusher
			tcpReader
		}{in, f, r},
		struct {
			*tcpInner
			tcpHijacker
			tcpReader
		}{in, h, r},
		struct {
			*tcpInner
			tcpFlusher
			tcpHijacker
			tcpReader
		}{in, f, h, r},
		struct {
			*tcpInner
			tcpPusher
		}{in, p},
		struct {
			*tcpInner
			tcpFlusher
			tcpPusher
		}{in, f, p},
		struct {
			*tcpInner
			tcpHijacker
			tcpPusher
		}{in, h, p},
		struct {
			*tcpInner
			tcpFlusher
			tcpHijacker
			tcpPusher
		}{in, f, h, p},
		struct {
			*tcpInner
			tcpReader
			tcpPusher
		}{in, r, p},
		struct {
			*tcpInner
			tcpFlusher
			tcpReader
			tcpPusher
		}{in, f, r, p},
		struct {
			*tcpInner
			tcpHijacker
			tcpReader
			tcpPusher
		}{in, h, r, p},
		struct {
			*tcpInner
			tcpFlusher
			tcpHijacker
			tcpReader
			tcpPusher
		}{in, f, h, r, p},
	}[can]
}

// tcpUse calls every ability of a writer once.
func tcpUse(t *testing.T, w http.ResponseWriter) (used []string) {
	if f, ok := w.(http.Flusher); ok {
		used = append(used, "Flush")
		f.Flush()
	}
	if h, ok := w.(http.Hijacker); ok {
		used = append(used, "Hijack")
		if _, _, err := h.Hijack(); !errors.Is(err, errTCPInner) {
			t.Errorf("Hijack: %v, want the inner error", err)
		}
	}
	if r, ok := w.(io.ReaderFrom); ok {
		used = append(used, "ReadFrom")
		if n, err := r.ReadFrom(strings.NewReader("page")); n != 7 || !errors.Is(err, errTCPInner) {
			t.Errorf("ReadFrom: %d, %v, want what the inner one said", n, err)
		}
	}
	if p, ok := w.(http.Pusher); ok {
		used = append(used, "Push")
		if err := p.Push("/style.css", nil); !errors.Is(err, errTCPInner) {
			t.Errorf("Push: %v, want the inner error", err)
		}
	}
	return used
}

// A handler finds exactly the abilities of the writer beneath, and each call
// reaches it.
func TestWriterHasTheAbilitiesOfItsInner(t *testing.T) {
	m := coatchecktest.NewManager(t, nil)
	for can := range 16 {
		in := &tcpInner{header: make(http.Header)}
		inner := tcpAbled(in, can)
		if tcpCan(inner) != can {
			t.Fatalf("the test built %04b, not %04b", tcpCan(inner), can)
		}
		var used []string
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got := tcpCan(w); got != can {
				t.Errorf("abilities %04b become %04b", can, got)
			}
			used = tcpUse(t, w)
		})).ServeHTTP(inner, httptest.NewRequest("GET", "/", nil))
		if got, want := strings.Join(in.asked, " "), strings.Join(used, " "); got != want {
			t.Errorf("%04b: the handler used %q, the inner writer saw %q", can, want, got)
		}
	}
}

// Abilities that lie under writers which only unwrap are found as
// http.ResponseController finds them, so that nothing gets around the save;
// those that it does not look for stay hidden.
func TestWriterFindsAbilitiesThroughUnwrap(t *testing.T) {
	m := coatchecktest.NewManager(t, nil)
	for can := range 16 {
		in := &tcpInner{header: make(http.Header)}
		inner := tcpUnwrapper{tcpUnwrapper{tcpAbled(in, can)}}
		var used []string
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got, want := tcpCan(w), can&(tcpCanFlush|tcpCanHijack); got != want {
				t.Errorf("abilities %04b beneath two Unwraps become %04b, want %04b", can, got, want)
			}
			used = tcpUse(t, w)
		})).ServeHTTP(inner, httptest.NewRequest("GET", "/", nil))
		if got, want := strings.Join(in.asked, " "), strings.Join(used, " "); got != want {
			t.Errorf("%04b: the handler used %q, the inner writer saw %q", can, want, got)
		}
	}
}

// The error of an inner writer that can only FlushError is not lost.
func TestWriterPassesTheErrorOfFlush(t *testing.T) {
	m := coatchecktest.NewManager(t, nil)
	in := &tcpInner{header: make(http.Header)}
	inner := struct {
		*tcpInner
		tcpErrorFlusher
	}{in, tcpErrorFlusher{in}}
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := tcpCan(w); got != tcpCanFlush {
			t.Errorf("abilities %04b, want Flush", got)
		}
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, errTCPInner) {
			t.Errorf("Flush: %v, want the inner error", err)
		}
	})).ServeHTTP(inner, httptest.NewRequest("GET", "/", nil))
	if len(in.asked) != 1 {
		t.Errorf("the inner writer saw %q", in.asked)
	}
}
