package coatcheck_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// pageServe starts a site whose sessions are in its forms, and whose handler
// is the test's.
func pageServe(t *testing.T, h http.HandlerFunc) *carrierSite {
	site := &carrierSite{tcpServe(t, h, func(site *tcpSite) {
		site.options.InsecureCookie, site.options.Carrier = false, coatcheck.InsecureFormCarrier("sid")
	})}
	site.browser.Jar = nil
	return site
}

// A page may be on its way already when its form gives birth to the session:
// it is saved before the field is written. Values that follow are saved, too.
func TestFormFieldGivesBirthInThePage(t *testing.T) {
	var site *carrierSite
	site = pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		_, _ = io.WriteString(w, "top of the page ")
		expectNil(t, http.NewResponseController(w).Flush())
		_, value := s.FormField()
		expectEqual(t, "field before a change", value, "")
		tcpNote.Set(s, "born late")
		_, value = s.FormField()
		expectEqual(t, "records when the field is known", site.store.Calls(coatchecktest.OpCreate), 1)
		_, again := s.FormField()
		expectEqual(t, "field, asked again", again == value, true)
		_, _ = io.WriteString(w, value)
		tcpHits.Set(s, 1)
	})
	reply := site.get("/")
	site.wait()
	expectEqual(t, "Cache-Control", reply.Header.Get("Cache-Control"), "no-store")
	token := strings.TrimPrefix(reply.body, "top of the page ")
	site.reads(token, "born late")
	s, err := site.Open(t.Context(), coatcheck.Token(token))
	expectNil(t, err)
	expectEqual(t, "hits", tcpHits.Get(s), 1)
}

// Login and Renew work behind the headers, too, where the page carries the
// token, and explicit saves give birth.
func TestFormCarrierNeedsNoHeaders(t *testing.T) {
	site := pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		_, _ = io.WriteString(w, " ")
		expectNil(t, http.NewResponseController(w).Flush())
		tcpNote.Set(s, "kept")
		expectNil(t, s.Save(r.Context()))
		born := s.Token()
		expectNil(t, s.Login(r.Context(), "ada"))
		expectNil(t, s.Renew(r.Context()))
		expectEqual(t, "tokens differ", s.Token() != born && s.Token() != "", true)
		_, value := s.FormField()
		_, _ = io.WriteString(w, value)
	})
	reply := site.get("/")
	site.reads(strings.TrimSpace(reply.body), "kept")
}

// What a handler leaves behind that no page can show any more gives birth to
// nothing, and is reported.
func TestFormCarrierTooLate(t *testing.T) {
	for what, h := range map[string]func(s *coatcheck.Session, w http.ResponseWriter){
		"a change behind the page": func(s *coatcheck.Session, w http.ResponseWriter) {
			_, _ = io.WriteString(w, "page")
			tcpNote.Set(s, "lost")
		},
		"a field that was asked for too early": func(s *coatcheck.Session, w http.ResponseWriter) {
			_, _ = s.FormField()
			_, _ = io.WriteString(w, "page")
			tcpNote.Set(s, "lost")
		},
	} {
		site := pageServe(t, func(w http.ResponseWriter, r *http.Request) { h(tcpSession(t, r), w) })
		site.get("/")
		site.wait()
		expectEqual(t, what+": calls", site.store.Calls(), 0)
		expectEqual(t, what+": reports", len(site.seen(coatcheck.EventLateChange)), 1)
	}
}

// A page that began before anybody asked for the session may be kept by
// caches, so it gets no token.
func TestFormCarrierPageThatBeganWithout(t *testing.T) {
	site := pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "page")
		expectNil(t, http.NewResponseController(w).Flush())
		s := tcpSession(t, r)
		tcpNote.Set(s, "late")
		_, value := s.FormField()
		expectEqual(t, "field", value, "")
		expectError(t, s.Err(), coatcheck.ErrHeadersSent)
		expectError(t, s.Login(r.Context(), "ada"), coatcheck.ErrHeadersSent)
	})
	reply := site.get("/")
	site.wait()
	expectEqual(t, "Cache-Control", reply.Header.Get("Cache-Control"), "")
	expectEqual(t, "calls", site.store.Calls(), 0)
}

// A field that cannot be saved for is empty, and the page is never sent.
func TestFormFieldStoreDown(t *testing.T) {
	var site *carrierSite
	site = pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpNote.Set(s, "x")
		name, value := s.FormField()
		expectEqual(t, "field", name+"="+value, "sid=")
		expectError(t, s.Err(), errTCPStore)
		_, err := fmt.Fprint(w, "page")
		expectError(t, err, errTCPStore)
		_, value = s.FormField()
		expectEqual(t, "field afterwards", value, "")
		site.heals()
		s.Clear()
		expectError(t, s.Login(r.Context(), "ada"), coatcheck.ErrHeadersSent) // another page went out
	})
	site.breaks(coatchecktest.OpCreate, coatchecktest.OpLoad)
	reply := site.get("/")
	expectEqual(t, "status", reply.StatusCode, http.StatusServiceUnavailable)
	expectEqual(t, "the page is left out", strings.Contains(reply.body, "page"), false)
}

// Inside Transact nothing is saved by the way, and with the handler's return
// the right to a birth ends.
func TestFormFieldInsideTransactAndAfterwards(t *testing.T) {
	var kept *coatcheck.Session
	site := pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		kept = tcpSession(t, r)
		expectNil(t, kept.Transact(r.Context(), func(s *coatcheck.Session) error {
			tcpNote.Set(s, "whole")
			_, value := s.FormField()
			expectEqual(t, "field inside", value, "")
			return nil
		}))
		_, value := kept.FormField()
		_, _ = io.WriteString(w, value)
	})
	reply := site.get("/")
	site.wait()
	site.reads(reply.body, "whole")
	calls := site.store.Calls()
	_, value := kept.FormField()
	expectEqual(t, "field afterwards", value == reply.body, true)
	expectEqual(t, "calls afterwards", site.store.Calls(), calls)
}

// Nor does a page get one whose handler asked in vain before it began.
func TestFormCarrierPageThatBeganInVain(t *testing.T) {
	site := pageServe(t, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		_, err := coatcheck.FromContext(ctx)
		expectError(t, err, context.Canceled)
		_, _ = io.WriteString(w, "page")
		expectNil(t, http.NewResponseController(w).Flush())
		s := tcpSession(t, r)
		tcpNote.Set(s, "late")
		_, value := s.FormField()
		expectEqual(t, "field", value, "")
	})
	reply := site.get("/")
	site.wait()
	expectEqual(t, "Cache-Control", reply.Header.Get("Cache-Control"), "")
	expectEqual(t, "calls", site.store.Calls(), 0)
}
