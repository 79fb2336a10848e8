package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/bench/load"
)

// A liar is a server whose replies are right until they are not.
type liar struct {
	mu     sync.Mutex
	counts map[string]int
	names  map[string]string
	wrong  string // the page that goes wrong
	after  int64  // so many right replies of it
	served atomic.Int64
	fault  func(w http.ResponseWriter, right string)
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	right := l.reply(w, r)
	if r.URL.Path == l.wrong && l.served.Add(1) > l.after {
		l.fault(w, right)
		return
	}
	_, _ = io.WriteString(w, right)
}

func (l *liar) reply(w http.ResponseWriter, r *http.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	visitor, err := r.Cookie("visitor")
	if err != nil {
		visitor = &http.Cookie{Name: "visitor", Value: strconv.Itoa(len(l.names))}
	}
	switch r.URL.Path {
	case load.SeedPage:
		l.names[visitor.Value] = r.URL.Query().Get("name")
		http.SetCookie(w, visitor)
	case load.ReadPage:
		return l.names[visitor.Value]
	case load.CountPage:
		l.counts[visitor.Value]++
		return strconv.Itoa(l.counts[visitor.Value])
	}
	return "ok"
}

// measureLiar measures one page of a liar over a real listener.
func measureLiar(t *testing.T, l *liar, page string) (load.Figure, error) {
	t.Helper()
	l.counts, l.names = map[string]int{}, map[string]string{}
	server := httptest.NewServer(l)
	defer server.Close()
	crew, err := load.NewCrew(server.Listener.Addr().String(), 4, true, func() (time.Duration, error) { return load.CPUTime(), nil })
	if err != nil {
		return load.Figure{}, err
	}
	defer crew.Close()
	return crew.Run(page, time.Millisecond, 50*time.Millisecond)
}

// TestVoid checks that no wrong reply escapes the crew, and that right ones
// satisfy it.
func TestVoid(t *testing.T) {
	replace := func(text string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, text) }
	}
	for name, c := range map[string]struct {
		page  string
		fault func(http.ResponseWriter, string)
		want  string // in the reason; "" means that nothing is wrong
	}{
		"right nop":   {page: load.NopPage},
		"right read":  {page: load.ReadPage},
		"right count": {page: load.CountPage},
		"wrong nop":   {load.NopPage, replace("okay"), `replies "okay"`},
		"another's":   {load.ReadPage, replace("visitor-99"), `replies "visitor-99"`},
		"nobody's":    {load.ReadPage, replace(""), `replies ""`},
		"no number":   {load.CountPage, replace("many"), "invalid syntax"},
		"begins anew": {load.CountPage, replace("1"), "counts 1 after"},
		"stutters": {load.CountPage, func(w http.ResponseWriter, right string) {
			n, _ := strconv.Atoi(right)
			_, _ = io.WriteString(w, strconv.Itoa(n-1))
		}, "counts"},
		"skips one": {load.CountPage, func(w http.ResponseWriter, right string) {
			n, _ := strconv.Atoi(right)
			_, _ = io.WriteString(w, strconv.Itoa(n+1))
		}, "counts"},
		"error": {load.NopPage, func(w http.ResponseWriter, _ string) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "ok")
		}, "500"},
		"no length": {load.NopPage, func(w http.ResponseWriter, _ string) {
			_, _ = io.WriteString(w, "ok")
			_ = http.NewResponseController(w).Flush()
		}, "Content-Length"},
		"hangs up": {load.NopPage, func(w http.ResponseWriter, _ string) {
			panic(http.ErrAbortHandler)
		}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &liar{after: 20, fault: c.fault}
			if c.fault != nil {
				l.wrong = c.page
			}
			figure, err := measureLiar(t, l, c.page)
			switch {
			case c.want == "" && err == nil && figure.PerSecond <= 0:
				t.Error("nothing measured")
			case c.want == "" && err != nil:
				t.Errorf("void although every reply was right: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("void: %v; want a reason with %q", err, c.want)
			}
		})
	}
}
