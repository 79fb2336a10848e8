package coatcheck_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/coatchecktest"
)

// tcpTriggers are the ways in which a handler begins its response.
var tcpTriggers = map[string]func(http.ResponseWriter){
	"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
	"Write":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("coat")) },
	"WriteString": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "coat") },
	"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	"FlushError":  func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
	"ReadFrom":    func(w http.ResponseWriter) { _, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("coat")) },
}

// Whatever sends the first byte, the session is saved before it, and the
// cookie is among the headers.
func TestSavedBeforeTheFirstByte(t *testing.T) {
	for name, trigger := range tcpTriggers {
		t.Run(name, func(t *testing.T) {
			var site *tcpSite
			site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				tcpNote.Set(tcpSession(t, r), "coat")
				if n := site.store.Calls(); n != 0 {
					t.Errorf("%d calls to the store before the response began", n)
				}
				trigger(w)
				if n := site.store.Calls(coatchecktest.OpCreate); n != 1 {
					t.Errorf("%d records were created when %s returned, want 1", n, name)
				}
			})
			if !site.get("/").setsCookie() {
				t.Error("the cookie did not arrive")
			}
			site.wants("coat")
			if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
				t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
			}
		})
	}
}

// A handler that writes nothing has its session saved when it returns, before
// net/http answers in its name.
func TestSavedAtReturn(t *testing.T) {
	site := tcpServe(t, func(_ http.ResponseWriter, r *http.Request) { tcpNote.Set(tcpSession(t, r), "coat") })
	if r := site.get("/"); !r.setsCookie() || r.StatusCode != http.StatusOK {
		t.Errorf("status %d, headers %v; want 200 with a cookie", r.StatusCode, r.Header)
	}
	site.wants("coat")
	if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
		t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
	}
}

// Whoever has seen the first byte of a response sees what its request saved,
// while its handler still runs.
func TestFlushBeforeTheFirstWrite(t *testing.T) {
	read := make(chan struct{})
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		if r.URL.Path == "/read" {
			_, _ = io.WriteString(w, tcpNote.Get(s))
			return
		}
		tcpNote.Set(s, "coat")
		w.(http.Flusher).Flush()
		tcpWait(t, read)
	})
	resp, err := site.browser.Get(site.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !(&tcpReply{Response: resp}).setsCookie() {
		t.Error("Flush sent the headers without the cookie")
	}
	if body := site.get("/read").body; body != "coat" {
		t.Errorf("the next request reads %q, want what the first one saved before it flushed", body)
	}
	close(read)
}

// A chunk that a handler flushes reaches the client before the handler ends.
func TestStreamedChunkArrivesAtOnce(t *testing.T) {
	arrived := make(chan string)
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		for _, chunk := range []string{"one", "two"} {
			_, _ = io.WriteString(w, chunk)
			w.(http.Flusher).Flush()
			if got := tcpWait(t, arrived); got != chunk {
				t.Errorf("the client has %q, want %q", got, chunk)
			}
		}
	})
	resp, err := site.browser.Get(site.url("/stream").String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 2 {
		chunk := make([]byte, 3)
		if _, err := io.ReadFull(resp.Body, chunk); err != nil {
			t.Fatal(err)
		}
		arrived <- string(chunk)
	}
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("then came %q, %v", rest, err)
	}
}

// Informational responses are not the response: after them a session can
// still be born.
func TestEarlyHintsDoNotFreezeTheSession(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusProcessing)
		tcpHits.Set(s, 1)
		w.WriteHeader(http.StatusEarlyHints)
		tcpNote.Set(s, "coat")
		_, _ = io.WriteString(w, "page")
	})
	hints := make(map[int]string)
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hints[code] = h.Get("Link") + h.Get("Set-Cookie")
		return nil
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, site.server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := site.do(req)
	if len(hints) != 2 || hints[http.StatusEarlyHints] != "</style.css>; rel=preload" {
		t.Errorf("the client was told %v in advance, want 102 and 103 with the link and no cookie", hints)
	}
	if r.StatusCode != http.StatusOK || r.body != "page" || !r.setsCookie() {
		t.Errorf("then came %d %q %v", r.StatusCode, r.body, r.Header)
	}
	site.wants("coat")
	if n := site.store.Calls(coatchecktest.OpCreate, coatchecktest.OpReplace); n != 1 {
		t.Errorf("%d saves, want one for both changes", n)
	}
}

// Changes after an explicit Save are saved with the response, under the one
// cookie that the Save has set.
func TestChangesAfterAnExplicitSave(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpHits.Set(s, 1)
		if err := s.Save(r.Context()); err != nil {
			t.Error(err)
		}
		tcpNote.Set(s, "coat")
		_, _ = io.WriteString(w, "page")
	})
	if lines := site.get("/").Header["Set-Cookie"]; len(lines) != 1 {
		t.Errorf("Set-Cookie lines: %q, want one", lines)
	}
	site.wants("coat")
	if n := tcpHits.Get(site.kept()); n != 1 {
		t.Errorf("the first change reads %d after the second was saved", n)
	}
}

// Answers without a body carry the cookie too, and get none of it wrong.
func TestAnswersWithoutBody(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		status int
	}{
		"HEAD":        {http.MethodHead, http.StatusOK},
		"NoContent":   {http.MethodGet, http.StatusNoContent},
		"NotModified": {http.MethodGet, http.StatusNotModified},
		"SeeOther":    {http.MethodPost, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				tcpNote.Set(tcpSession(t, r), "coat")
				if r.Method == http.MethodHead {
					w.Header().Set("Content-Length", "1000")
				}
				w.WriteHeader(c.status)
			})
			req, err := http.NewRequestWithContext(t.Context(), c.method, site.server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := site.do(req)
			if r.StatusCode != c.status || r.body != "" || !r.setsCookie() {
				t.Errorf("%d %q %v, want %d without a body and with a cookie", r.StatusCode, r.body, r.Header, c.status)
			}
			if c.method == http.MethodHead && r.ContentLength != 1000 {
				t.Errorf("Content-Length %d, want the handler's 1000", r.ContentLength)
			}
			site.wants("coat")
		})
	}
}

// Trailers that were announced arrive, and a declared length stands.
func TestTrailersAndLengthArePreserved(t *testing.T) {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "4")
			_, _ = io.WriteString(w, "page")
			return
		}
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "page")
		w.(http.Flusher).Flush()
		w.Header().Set("X-Sum", "42")
	})
	if r := site.get("/trailer"); r.body != "page" || r.Trailer.Get("X-Sum") != "42" || !r.setsCookie() {
		t.Errorf("%q with trailer %v and headers %v", r.body, r.Trailer, r.Header)
	}
	if r := site.get("/length"); r.body != "page" || r.ContentLength != 4 || len(r.TransferEncoding) > 0 {
		t.Errorf("%q of length %d, encoded %v", r.body, r.ContentLength, r.TransferEncoding)
	}
}
