package coatcheck_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// refused starts a site whose handler changes the session, if that can be
// loaded, and hands over to rest.
func refused(t *testing.T, rest http.Handler, setup ...func(*tcpSite)) *tcpSite {
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		if s, err := coatcheck.FromContext(r.Context()); err == nil {
			tcpNote.Set(s, "late")
		}
		rest.ServeHTTP(w, r)
	}, setup...)
	site.begin("early")
	return site
}

// wantsRefusal makes a request that must get the answer of ErrorHandler,
// whether the session cannot be saved or not even be loaded.
func (site *tcpSite) wantsRefusal() {
	site.t.Helper()
	for _, ops := range [][]coatchecktest.Op{{coatchecktest.OpReplace}, nil} {
		site.breaks(ops...)
		r := site.get("/")
		if r.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(r.body, "The session store") {
			site.t.Errorf("%v fails: %d %q", ops, r.StatusCode, r.body)
		}
	}
	site.heals()
	site.wants("early")
}

// httputil.ReverseProxy panics when it cannot write what its backend says. The
// answer is the error's all the same, and no broken connection.
func TestRefusalThroughAReverseProxyInside(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "backend") }))
	t.Cleanup(backend.Close)
	target, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) {
			refused(t, httputil.NewSingleHostReverseProxy(target), func(site *tcpSite) { site.http2 = http2 }).wantsRefusal()
		})
	}
}

// An ErrorHandler may break off the connection, and any other panic of a
// handler that was refused goes its way.
func TestPanicOfARefusedHandler(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, error)
		value  any
	}{
		"ErrorHandler aborts": {func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, nil},
		"nil map":             {nil, "nil map"},
	} {
		t.Run(name, func(t *testing.T) {
			site := refused(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusOK)
				panic(c.value)
			}), func(site *tcpSite) { site.noisy, site.options.ErrorHandler = true, c.answer })
			site.breaks(coatchecktest.OpReplace)
			if r := site.attempt(); r != nil {
				t.Errorf("the client got %d %q", r.StatusCode, r.body)
			}
			site.wait()
		})
	}
}

// An event stream that looks at no error goes on for as long as its client
// waits. The client learns at once that there is none.
func TestRefusalOfAStreamThatLooksAtNoError(t *testing.T) {
	site := refused(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		fmt.Fprint(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	site.breaks(coatchecktest.OpReplace)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site.url("/").String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := site.browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(line, "The session store") {
		t.Errorf("%d %q %v", resp.StatusCode, line, err)
	}
}
