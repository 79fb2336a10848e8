package storeurl

import (
	"context"
	"errors"
	"fmt"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

// A Ring is what a URL or JSON of a ring opens: the ring with the stores of its
// members, which it closes. It is safe for concurrent use. The zero value is of
// no use.
type Ring struct {
	*ring.Ring
	stores []coatcheck.Store
}

// Close closes the ring, and then the stores of its members. It returns all
// errors of those, joined.
func (r *Ring) Close() error {
	return errors.Join(r.Ring.Close(), closeAll(r.stores))
}

// closeAll closes stores, the last one first.
func closeAll(stores []coatcheck.Store) error {
	var errs []error
	for i := len(stores) - 1; i >= 0; i-- {
		errs = append(errs, Close(stores[i]))
	}
	return errors.Join(errs...)
}

// openRingFile opens what a file says.
func openRingFile(ctx context.Context, r *Request) (coatcheck.Store, error) {
	file, err := r.Path()
	if err != nil {
		return nil, err
	}
	s, err := r.mux.readRing(file)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx)
}

// A ringSource is a ring as JSON has it.
type ringSource struct {
	mux             *Mux
	file            string
	members, former []memberSource
	params          *Source // its parameters
}

// check finds contradictions by making a ring of stores that nobody calls.
func (r *ringSource) check() error {
	blank := func(*memberSource) (coatcheck.Store, error) { return &struct{ coatcheck.Store }{}, nil }
	made, err := r.make(blank)
	if err != nil {
		return err
	}
	return made.Close()
}

// open opens the members, and a ring of them.
func (r *ringSource) open(ctx context.Context) (coatcheck.Store, error) {
	var opened []coatcheck.Store
	made, err := r.make(func(m *memberSource) (coatcheck.Store, error) {
		store, err := m.source.Open(ctx)
		if err != nil && r.mux.standIn != nil {
			store, err = r.mux.standIn(m.name, err)
		}
		if err == nil {
			opened = append(opened, store)
		}
		return store, err
	})
	if err != nil {
		return nil, errors.Join(err, closeAll(opened))
	}
	return &Ring{made, opened}, nil
}

// make makes a ring of stores that open returns.
func (r *ringSource) make(open func(*memberSource) (coatcheck.Store, error)) (*ring.Ring, error) {
	o := r.options()
	stores := map[string]coatcheck.Store{}
	members, err := r.list(r.members, stores, open)
	if err != nil {
		return nil, err
	}
	if o.Former, err = r.list(r.former, stores, open); err != nil {
		return nil, err
	}
	made, err := ring.New(members, o)
	if err == nil {
		return made, nil
	}
	err = r.params.blame(err)
	if bad := (*Error)(nil); errors.As(err, &bad) {
		return nil, bad
	}
	return nil, &Error{File: r.file, Err: err}
}

// list opens the stores of members. One without a store has that of the member
// of the same name in stores.
func (r *ringSource) list(sources []memberSource, stores map[string]coatcheck.Store, open func(*memberSource) (coatcheck.Store, error)) (all []ring.Member, err error) {
	seen := map[string]bool{}
	for i := range sources {
		m := &sources[i]
		store := stores[m.name]
		switch {
		case seen[m.name]:
			return nil, r.fault(m, "name", fmt.Errorf("two members are called %q; give each a name of its own", m.name))
		case store == nil && m.source == nil:
			return nil, r.fault(m, "store", errors.New("it is missing"))
		case store != nil && m.source != nil:
			return nil, r.fault(m, "store", fmt.Errorf("leave it out: the member %q has one already", m.name))
		case store == nil:
			if store, err = open(m); err != nil {
				return nil, fmt.Errorf("storeurl: %s: member %q: %w", r.place(m), m.name, err)
			}
			stores[m.name] = store
		}
		seen[m.name] = true
		all = append(all, ring.Member{Name: m.name, Weight: m.weight, Standby: m.standby, Store: store})
	}
	return all, nil
}

// fault is an error about a field of a member.
func (r *ringSource) fault(m *memberSource, field string, err error) error {
	return &Error{File: r.file, Line: m.line, Column: m.column, Field: join(m.field, field), Err: err}
}

// place is where a member stands.
func (r *ringSource) place(m *memberSource) string {
	if r.file == "" {
		return m.field
	}
	return fmt.Sprintf("%s:%d:%d", r.file, m.line, m.column)
}

// options are those of the ring, but for the former members.
func (r *ringSource) options() *ring.Options {
	p := r.params.plainRequest()
	o := &ring.Options{MemberTimeout: p.Duration("member_timeout"), Overlap: p.Duration("overlap"), Now: p.Now}
	if p.Is("policy", "failover") {
		o.Policy = ring.FailOver
	}
	if p.Is("layout", "ketama") {
		o.Layout = ring.Ketama
	}
	switch p.Text("ketama_hash") {
	case "md5":
		o.KetamaHash = ketama.MD5
	case "fnv1a_64":
		o.KetamaHash = ketama.FNV1a64
	}
	switch p.Text("ketama_continuum") {
	case "twemproxy":
		o.KetamaNew = ketama.New
	case "libketama":
		o.KetamaNew = ketama.NewLibketama
	}
	if prefix := p.Text("ketama_prefix"); prefix != "" {
		o.KetamaKey = func(id coatcheck.ID) string { return prefix + id.String() }
	}
	return o
}
