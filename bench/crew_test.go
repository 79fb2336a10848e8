package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

func (l *liar) open(setup) (site, error) {
	l.counts, l.names = map[string]int{}, map[string]string{}
	return &httpSite{handler: l}, nil
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
	case seedPage:
		l.names[visitor.Value] = r.URL.Query().Get("name")
		http.SetCookie(w, visitor)
	case readPage:
		return l.names[visitor.Value]
	case countPage:
		l.counts[visitor.Value]++
		return strconv.Itoa(l.counts[visitor.Value])
	}
	return "ok"
}

// measureLiar measures one page of a liar over a real listener.
func measureLiar(t *testing.T, l *liar, page string) error {
	t.Helper()
	lib := library{name: "liar", base: bareName, sessions: true, open: l.open}
	s, free, err := openSite(lib, setup{})
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.serve(ln) }()
	defer func() { _ = ln.Close(); <-served }()
	crew, err := newCrew(lib, ln.Addr().String(), 4, func() (time.Duration, error) { return cpuTime(), nil })
	if err != nil {
		return err
	}
	defer crew.close()
	r := &row{lib: lib, crew: crew, loads: map[string][]load{}}
	r.measure(page, config{warm: time.Millisecond, measure: 50 * time.Millisecond})
	if r.void != nil && r.cell(nil, page) != "void" {
		t.Errorf("a void row shows %q", r.cell(nil, page))
	}
	if r.void == nil && len(r.loads[page]) != 1 {
		t.Error("neither void nor measured")
	}
	return r.void
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
		"right nop":   {page: nopPage},
		"right read":  {page: readPage},
		"right count": {page: countPage},
		"wrong nop":   {nopPage, replace("okay"), `replies "okay"`},
		"another's":   {readPage, replace("visitor-99"), `replies "visitor-99"`},
		"nobody's":    {readPage, replace(""), `replies ""`},
		"no number":   {countPage, replace("many"), "invalid syntax"},
		"begins anew": {countPage, replace("1"), "counts 1 after"},
		"stutters": {countPage, func(w http.ResponseWriter, right string) {
			n, _ := strconv.Atoi(right)
			_, _ = io.WriteString(w, strconv.Itoa(n-1))
		}, "counts"},
		"skips one": {countPage, func(w http.ResponseWriter, right string) {
			n, _ := strconv.Atoi(right)
			_, _ = io.WriteString(w, strconv.Itoa(n+1))
		}, "counts"},
		"error": {nopPage, func(w http.ResponseWriter, _ string) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "ok")
		}, "500"},
		"no length": {nopPage, func(w http.ResponseWriter, _ string) {
			_, _ = io.WriteString(w, "ok")
			_ = http.NewResponseController(w).Flush()
		}, "Content-Length"},
		"hangs up": {nopPage, func(w http.ResponseWriter, _ string) {
			panic(http.ErrAbortHandler)
		}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &liar{after: 20, fault: c.fault}
			if c.fault != nil {
				l.wrong = c.page
			}
			err := measureLiar(t, l, c.page)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("void although every reply was right: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("void: %v; want a reason with %q", err, c.want)
			}
		})
	}
}

// TestVoidIsPrinted checks that the table names the reason.
func TestVoidIsPrinted(t *testing.T) {
	base := &row{lib: library{name: bareName}, loads: map[string][]load{}}
	wrong := &row{lib: library{name: "liar", sessions: true}, void: errors.New("visitor-3: /count: counts 4 after 4")}
	for _, page := range loopbackPages {
		base.loads[page] = []load{{50000, 15}}
	}
	var out strings.Builder
	printRows(&out, []*row{base, wrong})
	for _, want := range []string{
		"| bare net/http | 50.0k, 15.0 µs (1.00×) |",
		"| liar | void | void | void |",
		"Void: liar: visitor-3: /count: counts 4 after 4",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
