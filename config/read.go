package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/jsontree"
	"github.com/coatcheck/coatcheck/internal/nearest"
	"github.com/coatcheck/coatcheck/storeurl"
)

// A Config is what a file says. [Read] and [Parse] make one; the zero value is
// of no use. It is not for use by several goroutines at once.
type Config struct {
	// Options are those that the file sets; the others are zero. Add what
	// only code can say, such as a Logger, before Open.
	Options coatcheck.Options

	doc   document
	store *storeurl.Source
	keys  string // the file with which anonymous sessions are sealed, "" if they are not
}

// Read reads a file. The Mux opens the store; nil stands for one of the stores
// that are built in. Nothing but the file is opened. What is wrong in the file
// is an [*Error].
func Read(path string, mux *storeurl.Mux) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(path, text, mux)
}

// Parse is [Read] for a text; name stands for the file in errors.
func Parse(name string, text []byte, mux *storeurl.Mux) (*Config, error) {
	if mux == nil {
		var err error
		if mux, err = storeurl.New(nil); err != nil {
			return nil, err
		}
	}
	c := &Config{doc: document{file: name, text: text}}
	root, err := jsontree.Parse(text)
	if bad := (*jsontree.Error)(nil); errors.As(err, &bad) {
		return nil, c.doc.fault(bad.Offset, "", complaint{bad})
	}
	c.doc.root = root
	if root.Kind != jsontree.Object {
		return nil, c.doc.fault(root.Start, "", wrong(root, `an object such as {"store": "mem:"}`))
	}
	if err := c.read(mux); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// read takes over all fields.
func (c *Config) read(mux *storeurl.Mux) error {
	for _, m := range c.doc.root.Members {
		var err error
		switch m.Name {
		case schemaField:
		case storeField:
			err = c.readStore(mux, m.Value)
		case cookieField:
			err = c.readCookie(m.Value)
		case anonymousField:
			err = c.readAnonymous(m.Value)
		default:
			err = c.set(m, m.Name)
		}
		if err != nil {
			return err
		}
	}
	if c.store == nil {
		return c.doc.fault(c.doc.root.Start, storeField, invalid(`it is missing; the simplest is "mem:"`))
	}
	return nil
}

// readStore reads the field "store".
func (c *Config) readStore(mux *storeurl.Mux, n *jsontree.Node) (err error) {
	c.store, err = mux.ParseJSON(c.doc.text[n.Start:n.End])
	bad := (*storeurl.Error)(nil)
	if !errors.As(err, &bad) {
		return err
	}
	e := &Error{File: c.doc.file}
	e.Field, e.Err = about(err)
	e.Line, e.Column = jsontree.Position(c.doc.text, n.Start)
	if bad.Line > 1 {
		e.Column = bad.Column
	} else {
		e.Column += bad.Column - 1
	}
	e.Line += bad.Line - 1
	return e
}

// readCookie reads the field "cookie".
func (c *Config) readCookie(n *jsontree.Node) error {
	if n.Kind != jsontree.Object {
		return c.doc.fault(n.Start, cookieField, wrong(n, `an object such as {"name": "__Host-app"}`))
	}
	for _, m := range n.Members {
		if err := c.set(m, cookieField+"."+m.Name); err != nil {
			return err
		}
	}
	return nil
}

// set takes over a field that sets an option.
func (c *Config) set(m jsontree.Member, name string) error {
	for _, f := range fields() {
		if f.name != name {
			continue
		}
		if err := f.set(&c.Options, m.Value); err != nil {
			return c.doc.fault(m.Value.Start, name, err)
		}
		return nil
	}
	return c.doc.fault(m.At, name, unknown(m.Name, strings.HasPrefix(name, cookieField+".")))
}

// unknown is the complaint about a field that there is not.
func unknown(name string, inCookie bool) error {
	here, there := names(inCookie), names(!inCookie)
	near := nearest.Name(name, here)
	switch {
	case near != "":
		return invalid("there is no such field; did you mean %s?", near)
	case slices.Contains(there, name) && inCookie:
		return invalid(`there is no such field in "cookie"; it belongs outside`)
	case slices.Contains(there, name):
		return invalid(`there is no such field here; it belongs into "cookie"`)
	}
	return invalid("there is no such field; all are %s", strings.Join(here, ", "))
}

// Open opens the store, and makes a manager with the options. What is wrong is
// an [*Error] that names the field.
func (c *Config) Open(ctx context.Context) (*Sessions, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	store, err := c.store.Open(ctx)
	if err != nil {
		name, what := about(err)
		return nil, c.doc.fault(c.doc.place(name), name, what)
	}
	o := c.Options
	if c.keys != "" {
		if o.AnonymousSealer, err = c.sealer(store); err != nil {
			return nil, errors.Join(err, storeurl.Close(store))
		}
	}
	m, err := coatcheck.New(store, &o)
	if err != nil {
		return nil, errors.Join(c.doc.contradiction(err), storeurl.Close(store))
	}
	return &Sessions{Manager: m, Store: store}, nil
}

// Sessions are a manager and the store that it keeps its sessions in.
type Sessions struct {
	// Manager is what handlers are wrapped with. It is safe for concurrent
	// use.
	Manager *coatcheck.Manager

	// Store is the store, for what a manager does not do.
	Store coatcheck.Store
}

// Close closes the manager, and then the store. Requests should have ended.
func (s *Sessions) Close() error {
	return errors.Join(s.Manager.Close(), storeurl.Close(s.Store))
}
