package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A tab is a browser's window on one site: requests may run side by side and
// share the cookies, as those of one page do. Use [tab.clone] for a thief, or
// for a copy of the cookies as they are now.
type tab struct {
	client *http.Client
	origin string
	mu     sync.Mutex
	jar    load.Jar
}

// tabTimeout bounds one request.
const tabTimeout = 30 * time.Second

func newTab(addr string, connections int) *tab {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	return &tab{client: &http.Client{Transport: transport, Timeout: tabTimeout}, origin: "http://" + addr}
}

// clone returns another tab with the same cookies, of which neither sees what
// the other one is given from now on.
func (t *tab) clone() *tab {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &tab{client: t.client, origin: t.origin}
	c.jar = t.jar.Clone()
	return c
}

// hasCookie reports whether the tab holds any.
func (t *tab) hasCookie() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.jar.Header() != ""
}

// get requests a page and returns its status and body.
func (t *tab) get(page string) (int, string, error) {
	request, err := http.NewRequest(http.MethodGet, t.origin+page, nil)
	if err != nil {
		return 0, "", err
	}
	t.mu.Lock()
	if t.jar.Header() != "" {
		request.Header.Set("Cookie", t.jar.Header())
	}
	t.mu.Unlock()
	response, err := t.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	t.mu.Lock()
	for _, c := range response.Header.Values("Set-Cookie") {
		t.jar.Put(c)
	}
	t.mu.Unlock()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(body)), err
}

// want requests a page that must reply 200, and returns its body.
func (t *tab) want(page string) (string, error) {
	status, body, err := t.get(page)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", page, status, body)
	}
	return body, err
}

// crowd calls fn for 0 … n−1 from the given number of goroutines and returns
// the first error.
func crowd(goroutines, n int, fn func(i int) error) error {
	var all sync.WaitGroup
	next := make(chan int)
	errs := make(chan error, goroutines)
	for range goroutines {
		all.Go(func() {
			var failed error
			for i := range next {
				if failed == nil {
					failed = fn(i)
				}
			}
			errs <- failed
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
