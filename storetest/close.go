package storetest

import (
	"fmt"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// These open stores of their own, since a closed one is of no use to the next.
var closeChecks = []check{
	{"makes every method return an error", func(p *probe) {
		store, closer := p.closable()
		rec := p.fresh()
		if err := store.Create(p.ctx, rec); err != nil {
			p.Fatalf("Create: %v", err)
		}
		if err := closer.Close(); err != nil {
			p.Fatalf("Close: %v", err)
		}
		for name, call := range p.calls(store, rec) {
			if err := calmly(call); err == nil {
				p.Errorf("%s after Close: no error", name)
			} else if isPanic(err) {
				p.Errorf("%s after Close: %v", name, err)
			}
		}
	}},
	{"twice does not panic", func(p *probe) {
		_, closer := p.closable()
		for range 2 {
			if err := calmly(closer.Close); isPanic(err) {
				p.Errorf("Close: %v", err)
			}
		}
	}},
	{"amid other calls makes none of them panic or hang", func(p *probe) {
		for range 3 {
			store, closer := p.closable()
			jobs := workers(rivals, func(i int) {
				rec := p.fresh()
				for range 6 {
					for name, call := range p.calls(store, rec) {
						if err := calmly(call); isPanic(err) {
							p.Errorf("%s during Close: %v", name, err)
							return
						}
					}
				}
			})
			crowd(append(jobs, func() {
				if err := calmly(closer.Close); isPanic(err) {
					p.Errorf("Close: %v", err)
				}
			})...)
		}
	}},
}

// closable opens another store, and skips the check if it cannot be closed.
func (p *probe) closable() (coatcheck.Store, io.Closer) {
	p.Helper()
	store := p.suite.Open(p.T)
	closer, ok := store.(io.Closer)
	if !ok {
		p.Skip("storetest: the store is no io.Closer")
	}
	return store, closer
}

// calls returns a call of each method, those of optional interfaces included
// that the store has, except Watch.
func (p *probe) calls(store coatcheck.Store, rec *coatcheck.Record) map[string]func() error {
	calls := map[string]func() error{
		"Load":    func() error { _, err := store.Load(p.ctx, rec.ID); return err },
		"Create":  func() error { return store.Create(p.ctx, rec) },
		"Replace": func() error { return store.Replace(p.ctx, successor(rec), rec.Version) },
		"Touch":   func() error { return store.Touch(p.ctx, rec.ID, rec.Deadline) },
		"Delete":  func() error { return store.Delete(p.ctx, rec.ID) },
	}
	if s, ok := store.(coatcheck.Lister); ok {
		calls["List"] = func() error { _, _, err := s.List(p.ctx, "", 1); return err }
	}
	if s, ok := store.(coatcheck.OwnerIndex); ok {
		calls["Owned"] = func() error { _, _, err := s.Owned(p.ctx, "owner", "", 1); return err }
	}
	if s, ok := store.(coatcheck.Sweeper); ok {
		calls["Sweep"] = func() error { _, err := s.Sweep(p.ctx, time.Unix(1, 0), "", 1); return err }
	}
	if s, ok := store.(coatcheck.Stater); ok {
		calls["Stat"] = func() error { _, err := s.Stat(p.ctx); return err }
	}
	return calls
}

// calmly turns a panic of call into an error.
func calmly(call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError{v}
		}
	}()
	return call()
}

type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func isPanic(err error) bool {
	_, is := err.(panicError)
	return is
}
