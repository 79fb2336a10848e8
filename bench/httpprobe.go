package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// An httpProbe serves one request again and again without allocating: the
// request is reset by value, the reply's header map is cleared and kept.
type httpProbe struct {
	handler http.Handler
	base    http.Request
	request http.Request
	reply   recorder
}

func (p *httpProbe) serve() {
	p.request = p.base
	p.reply.reset()
	p.handler.ServeHTTP(&p.reply, &p.request)
}

func (p *httpProbe) answer() (int, string, []string) {
	return p.reply.status, string(p.reply.body), p.reply.header["Set-Cookie"]
}

// A recorder is a ResponseWriter with the interfaces that the server's own
// has on HTTP/1.1, so that wrappers choose what they would choose there.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (w *recorder) reset() {
	clear(w.header)
	w.status, w.body = 0, w.body[:0]
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	return len(b), nil
}

func (w *recorder) WriteString(s string) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, s...)
	return len(s), nil
}

func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w}, r)
}

func (w *recorder) Flush() { w.WriteHeader(http.StatusOK) }

func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}
