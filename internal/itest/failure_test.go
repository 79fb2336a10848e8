package itest_test

import (
	"fmt"
	"runtime"
	"strings"

	"pgregory.net/rapid"
)

// A witness is a test that is meant to fail. It keeps what it is told.
type witness struct {
	said   strings.Builder
	failed bool
}

// failure runs a check that ought to fail, and returns what it said then, "" if
// it passed.
func failure(check func(rapid.TB)) string {
	w := new(witness)
	done := make(chan struct{})
	go func() { // FailNow ends a goroutine
		defer close(done)
		check(w)
	}()
	<-done
	if !w.failed {
		return ""
	}
	return w.said.String()
}

func (*witness) Helper()        {}
func (*witness) Name() string   { return "witness" }
func (w *witness) Failed() bool { return w.failed }

func (*witness) Log(...any)           {}
func (*witness) Logf(string, ...any)  {}
func (*witness) Skip(...any)          { runtime.Goexit() }
func (*witness) Skipf(string, ...any) { runtime.Goexit() }
func (*witness) SkipNow()             { runtime.Goexit() }

func (w *witness) Fail()    { w.failed = true }
func (w *witness) FailNow() { w.failed = true; runtime.Goexit() }

func (w *witness) Error(args ...any) {
	w.failed = true
	fmt.Fprintln(&w.said, args...)
}

func (w *witness) Errorf(format string, args ...any) {
	w.failed = true
	fmt.Fprintf(&w.said, format+"\n", args...)
}

func (w *witness) Fatal(args ...any) {
	w.Error(args...)
	runtime.Goexit()
}

func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}
