package coatcheck

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// A writer is the ResponseWriter that a handler sees. It saves the session
// ahead of the first byte and otherwise passes everything on. Being one
// pointer, it needs no allocation to become an interface.
type writer struct{ v *visit }

// Header implements http.ResponseWriter.
func (w writer) Header() http.Header {
	h := w.v.w.Header()
	if !w.v.moments.had(handed) {
		w.v.hand(h)
	}
	return h
}

// WriteHeader implements http.ResponseWriter. Informational responses are not
// the response: the session is saved ahead of the final one. 101 is final.
func (w writer) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.v.w.WriteHeader(status)
		return
	}
	if w.v.before(status) == nil {
		w.v.w.WriteHeader(status)
	}
}

// Write implements io.Writer.
func (w writer) Write(b []byte) (int, error) {
	if err := w.v.before(http.StatusOK); err != nil {
		return 0, err
	}
	return w.v.w.Write(b)
}

// WriteString implements io.StringWriter.
func (w writer) WriteString(s string) (int, error) {
	if err := w.v.before(http.StatusOK); err != nil {
		return 0, err
	}
	return io.WriteString(w.v.w, s)
}

// Unwrap lets http.ResponseController reach the deadlines beneath. It does not
// get around the save: the methods that send bytes are found here first.
func (w writer) Unwrap() http.ResponseWriter { return w.v.w }

// flush sends what there is, be it the answer of ErrorHandler: a stream that
// looks at no error would keep that from the client.
func (w writer) flush() error {
	err := w.v.before(http.StatusOK)
	flushed := http.NewResponseController(w.v.w).Flush()
	if err != nil {
		return err
	}
	return flushed
}

func (w writer) hijack() (net.Conn, *bufio.ReadWriter, error) {
	began := w.v.moments.had(sent)
	if err := w.v.beforeHijack(); err != nil {
		return nil, nil, err
	}
	conn, rw, err := http.NewResponseController(w.v.w).Hijack()
	if err != nil && !began {
		w.v.moments.take(sent) // the response is still to come
	}
	return conn, rw, err
}

func (w writer) readFrom(src io.Reader) (int64, error) {
	if err := w.v.before(http.StatusOK); err != nil {
		return 0, err
	}
	return w.v.w.(io.ReaderFrom).ReadFrom(src)
}

func (w writer) push(target string, opts *http.PushOptions) error {
	return w.v.w.(http.Pusher).Push(target, opts)
}
