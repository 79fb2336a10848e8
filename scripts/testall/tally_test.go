package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTally feeds streams of events as go test writes them and looks at the
// verdict and at what the reader gets to see.
func TestTally(t *testing.T) {
	const (
		pass  = `{"Action":"pass","Package":"a","Test":"TestX"}`
		ok    = `{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}{"Action":"pass","Package":"a"}`
		crash = `{"Action":"output","Package":"a","Test":"TestY","Output":"panic: ouch\n"}{"Action":"fail","Package":"a"}`
	)
	for _, c := range []struct {
		name, events string
		strict       bool
		goTest       error
		err          string   // of close, "" for none
		want         []string // in the output
		unwanted     string   // not in the output
	}{
		{name: "all well", events: `{"Action":"output","Package":"a","Test":"TestX","Output":"chatter\n"}` + pass + ok,
			want: []string{"ok  \ta\t0.1s\n", "1 packages in 3s\n", "\n1 passed, 0 failed, 0 skipped\n"}, unwanted: "chatter"},
		{name: "a failing test", events: pass + `{"Action":"output","Package":"a","Test":"TestY","Output":"got 1\n"}{"Action":"fail","Package":"a","Test":"TestY"}{"Action":"fail","Package":"a"}`,
			err: "tests failed", want: []string{"got 1\n", "failed: a.TestY\n", "\n1 passed, 1 failed, 0 skipped\n"}},
		{name: "a crash", events: pass + crash,
			err: "tests failed", want: []string{"panic: ouch\n", "failed: a\n", "\n1 passed, 1 failed, 0 skipped\n"}},
		{name: "a broken build", events: `{"Action":"build-output","ImportPath":"a","Output":"a.go:1: bad\n"}{"Action":"build-fail","ImportPath":"a"}{"Action":"fail","Package":"a"}`,
			err: "tests failed", want: []string{"a.go:1: bad\n", "failed: a (does not build)\n", "0 passed, 1 failed"}},
		{name: "a skip", events: pass + `{"Action":"skip","Package":"a","Test":"TestZ"}` + ok,
			want: []string{"skipped: a.TestZ\n", "\n1 passed, 0 failed, 1 skipped\n"}},
		{name: "a skip under CI", events: pass + `{"Action":"skip","Package":"a","Test":"TestZ"}` + ok, strict: true,
			err: "none may be", want: []string{"skipped: a.TestZ\n"}},
		{name: "a skip under CI because of the store", events: pass + `{"Action":"output","Package":"a","Test":"TestZ","Output":"    suite.go:1: storetest: no such capability\n"}{"Action":"skip","Package":"a","Test":"TestZ"}` + ok, strict: true,
			want: []string{"skipped by storetest", ": 1\n1 passed, 0 failed, 1 skipped\n"}, unwanted: "skipped: a.TestZ"},
		{name: "no test", events: ok, err: "no test ran", want: []string{"0 passed, 0 failed"}},
		{name: "go test fails by itself", events: pass + ok, goTest: errors.New("exit status 2"), err: "exit status 2"},
		{name: "not JSON", events: pass + "go: ouch", err: "reading the output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			tally := newTally(&out)
			err := tally.read(strings.NewReader(c.events))
			err = tally.close(errors.Join(err, c.goTest), c.strict, 3*time.Second)
			if got := message(err); c.err == "" && got != "" || !strings.Contains(got, c.err) {
				t.Errorf("verdict %q, want %q", got, c.err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, &out)
				}
			}
			if c.unwanted != "" && strings.Contains(out.String(), c.unwanted) {
				t.Errorf("output has %q:\n%s", c.unwanted, &out)
			}
		})
	}
}

// message returns the text of an error, "" for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
