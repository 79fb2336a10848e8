package demo_test

import (
	"bufio"
	"context"
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// loads makes a channel of the store's loads.
func loads(store *coatchecktest.Store) <-chan struct{} {
	loaded := make(chan struct{}, 16)
	store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
		if op == coatchecktest.OpLoad {
			loaded <- struct{}{}
		}
		return nil
	}
	return loaded
}

// Stop ends a slow answer at once, and it changes nothing.
func TestStopEndsSlow(t *testing.T) {
	store := newStore(t)
	loaded := loads(store)
	site := newSite(t, store, demo.Options{InsecureCookie: true})
	b := newBrowser(t, serve(t, site))
	b.tool("/count")
	done := make(chan answer)
	go func() { done <- b.tool("/slow?ms=60000") }()
	<-loaded
	site.Stop()
	if a := <-done; a.StatusCode != http.StatusServiceUnavailable || a.body != "The server is ending.\n" {
		t.Errorf("%s, %q", a.Status, a.body)
	}
	if got := b.tool("/get?k=slow").body; got != "" {
		t.Errorf("key slow is %q", got)
	}
}

// A client that goes away ends its slow request, which changes nothing.
func TestGoneClientEndsSlow(t *testing.T) {
	store := newStore(t)
	loaded := loads(store)
	site := newSite(t, store, demo.Options{InsecureCookie: true})
	ended := make(chan struct{})
	b := newBrowser(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(w, r)
		if r.URL.Path == "/slow" {
			close(ended)
		}
	})))
	b.tool("/count")
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-loaded
		leave()
	}()
	r, err := http.NewRequestWithContext(ctx, "GET", b.base+"/slow?ms=60000", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := b.c.Do(r); err == nil {
		t.Errorf("an answer: %s", res.Status)
	}
	<-ended
	if got := b.tool("/get?k=slow").body; got != "" {
		t.Errorf("key slow is %q", got)
	}
}

// The first line of a stream arrives while its handler is still at work, for a
// new session with its cookie.
func TestStreamArrivesAtOnce(t *testing.T) {
	site := newSite(t, newStore(t), demo.Options{InsecureCookie: true})
	b := newBrowser(t, serve(t, site))
	res, err := b.c.Do(request(t, "GET", b.base+"/stream?n=2&ms=30000", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != "1 of 2" {
		t.Fatalf("the stream begins with %q, %v", lines.Text(), lines.Err())
	}
	if b.ticket() == "" {
		t.Error("the headers came without a cookie")
	}
	if got := b.tool("/get?k=stream").body; got != "begun\n" {
		t.Errorf("key stream is %q in the middle", got)
	}
	site.Stop()
	if lines.Scan() {
		t.Errorf("a stopped stream goes on with %q", lines.Text())
	}
	if got := b.tool("/get?k=stream").body; got != "begun\n" {
		t.Errorf("key stream is %q after a stop", got)
	}
}
