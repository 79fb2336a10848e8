package coatcheck_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// tcpUnwraps puts writers that only unwrap around and inside the manager.
var tcpUnwraps = map[string]struct{ outside, inside bool }{
	"bare":    {},
	"outside": {outside: true},
	"inside":  {inside: true},
	"both":    {outside: true, inside: true},
}

// tcpWrapping is a middleware whose writer only unwraps.
func tcpWrapping(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(tcpUnwrapper{w}, r) })
}

// http.ResponseController works through our writer and those around it, and
// sends nothing before the save.
func TestResponseController(t *testing.T) {
	past := time.Unix(1, 0)
	for op, use := range map[string]func(t *testing.T, c *http.ResponseController, r *http.Request){
		"Flush": func(t *testing.T, c *http.ResponseController, _ *http.Request) {
			if err := c.Flush(); err != nil {
				t.Error(err)
			}
		},
		"SetReadDeadline": func(t *testing.T, c *http.ResponseController, r *http.Request) {
			if err := c.SetReadDeadline(past); err != nil {
				t.Error(err)
			}
			if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("reading the body behind the deadline: %v", err)
			}
		},
		"SetWriteDeadline": func(t *testing.T, c *http.ResponseController, _ *http.Request) {
			if err := c.SetWriteDeadline(past); err != nil {
				t.Error(err)
			}
			if err := c.Flush(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Flush behind the deadline: %v", err)
			}
		},
		"EnableFullDuplex": func(t *testing.T, c *http.ResponseController, r *http.Request) {
			if err := c.EnableFullDuplex(); err != nil {
				t.Error(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
		},
		"Hijack": func(t *testing.T, c *http.ResponseController, _ *http.Request) {
			conn, _, err := c.Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			_ = conn.Close()
		},
	} {
		for name, wraps := range tcpUnwraps {
			t.Run(op+"/"+name, func(t *testing.T) {
				h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					tcpNote.Set(tcpSession(t, r), "coat")
					use(t, http.NewResponseController(w), r)
				}))
				if wraps.inside {
					h = tcpWrapping(h)
				}
				site := tcpServe(t, h.ServeHTTP, func(site *tcpSite) {
					if wraps.outside {
						site.outside = tcpWrapping
					}
				})
				site.begin("early")
				// A body that never ends makes a read deadline felt.
				body, end := io.Pipe()
				defer end.Close()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.server.URL, body)
				if err != nil {
					t.Fatal(err)
				}
				if op != "SetReadDeadline" {
					req.Body = io.NopCloser(strings.NewReader(""))
				}
				if resp, err := site.browser.Do(req); err == nil {
					_ = resp.Body.Close()
				} else if op != "SetWriteDeadline" && op != "SetReadDeadline" {
					t.Error(err)
				}
				site.wait()
				site.wants("coat")
				if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
					t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
				}
			})
		}
	}
}

// With full duplex a handler reads on after its response has begun.
func TestFullDuplexThroughTheWriter(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		c := http.NewResponseController(w)
		if err := c.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		if err := c.Flush(); err != nil {
			t.Error(err)
		}
		if n, err := io.Copy(w, r.Body); n != 8 || err != nil {
			t.Errorf("the body after the flush: %d bytes, %v", n, err)
		}
	})
	body, question := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(question, "question")
		_ = question.Close()
	}()
	if r := site.do(req); r.body != "question" || !r.setsCookie() {
		t.Errorf("%q %v", r.body, r.Header)
	}
}
