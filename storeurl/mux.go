package storeurl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Mux]. The zero value, like a nil pointer, stands for the
// defaults. [New] copies them.
type Options struct {
	// Schemes are stores besides those that are built in, whose names are
	// taken. Default none.
	Schemes []Scheme

	// MustExist opens only what is there already: where a file, a folder or a
	// table would have to be made, also that of a ring's member, Open returns
	// [ErrAbsent]. It is for programs that look, or that a slip of the pen
	// should not lead to an empty store. Default false.
	MustExist bool

	// StandIn returns what takes the place of a ring's member that cannot be
	// opened, with the error that says why: for programs that look at the other
	// members all the same. What it returns as an error is that of Open. It may
	// be called by several goroutines at once. Default none: such a member keeps
	// the ring from being opened.
	StandIn func(member string, err error) (coatcheck.Store, error)

	// Now is the clock of all stores. Default [time.Now].
	Now func() time.Time

	// Logger is the logger of all stores. Default [slog.Default].
	Logger *slog.Logger
}

// A Mux opens stores by URL, each by its scheme. It does not change, and is safe
// for concurrent use. Make one with [New]; the zero value has no scheme.
type Mux struct {
	schemes   []Scheme
	mustExist bool
	standIn   func(string, error) (coatcheck.Store, error)
	now       func() time.Time
	logger    *slog.Logger
}

// New returns a Mux of the built-in schemes and those of the options. Nil
// options are the defaults. A scheme that breaks a rule, or whose name another
// one has, is [coatcheck.ErrInvalid].
func New(opts *Options) (*Mux, error) {
	if opts == nil {
		opts = &Options{}
	}
	m := &Mux{mustExist: opts.MustExist, standIn: opts.StandIn, now: opts.Now, logger: opts.Logger}
	for _, s := range slices.Concat(builtin(), opts.Schemes) {
		s = s.complete()
		err := s.check()
		if m.scheme(s.Name) != nil {
			err = fmt.Errorf("there are two schemes %q", s.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("storeurl: %w: Options.Schemes: %w", coatcheck.ErrInvalid, err)
		}
		m.schemes = append(m.schemes, s)
	}
	return m, nil
}

// Open opens a store of a built-in scheme; see [Mux.Open].
func Open(ctx context.Context, url string) (coatcheck.Store, error) {
	m, err := New(nil)
	if err != nil {
		return nil, err
	}
	return m.Open(ctx, url)
}

// Close closes a store that can be closed. For others, and nil, it does nothing.
func Close(store coatcheck.Store) error {
	if c, ok := store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Open opens the store that a URL names. [Close] closes it, and all that was
// opened for it. What is wrong with the URL is an [*Error]; other errors come
// from the store's own package. The context limits the opening alone, see
// [Source.Open].
func (m *Mux) Open(ctx context.Context, url string) (coatcheck.Store, error) {
	s, err := m.Parse(url)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx)
}

// Schemes returns the schemes that there are, in the order in which help should
// name them, with all their parameters.
func (m *Mux) Schemes() []Scheme {
	all := slices.Clone(m.schemes)
	for i := range all {
		all[i].Params = slices.Clone(all[i].Params)
	}
	return all
}

// scheme returns the scheme of a name, nil if there is none.
func (m *Mux) scheme(name string) *Scheme {
	for i := range m.schemes {
		if m.schemes[i].Name == name {
			return &m.schemes[i]
		}
	}
	return nil
}

// Parse reads a URL and checks all of it that can be checked without touching
// files or servers. What is wrong is an [*Error].
func (m *Mux) Parse(url string) (*Source, error) {
	s, query, err := m.source(url)
	if err != nil {
		return nil, err
	}
	given, err := splitQuery(query)
	if err != nil {
		return nil, s.fault("", err)
	}
	if err := s.set(given); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// source finds the scheme of a URL, and returns the parameters as they stand.
func (m *Mux) source(url string) (s *Source, query string, err error) {
	name, rest, ok := strings.Cut(url, ":")
	if isJSON(url) {
		return nil, "", &Error{URL: show(url), Err: errors.New(`JSON stands in files: write it into one, which "ring:FILE" names`)}
	}
	if !ok {
		return nil, "", &Error{URL: show(url), Err: fmt.Errorf("that is not a store URL; what works is a URL of %s", list(m.names(), "or"))}
	}
	rest, query = cutQuery(rest)
	user, _ := findUser(url)
	s = &Source{mux: m, scheme: m.scheme(name), name: name, rest: rest, params: map[string]string{}}
	switch {
	case s.scheme == nil:
		err = m.unknown(name)
	case s.scheme.Form == "" && rest != "":
		err = fmt.Errorf("nothing may follow %q", name+":")
	case s.scheme.Form != "" && rest == "":
		err = fmt.Errorf("%s is missing behind %q", s.scheme.Form, name+":")
	case user.end > len(name)+1+len(rest):
		err = errors.New(`there is a "?" before an "@": write %3F for one in a password, %40 for an @ in a parameter`)
	case strings.ContainsRune(unescape(rest), 0):
		err = errors.New("there is a zero byte in it")
	}
	if err != nil {
		return nil, "", &Error{URL: show(url), Err: err}
	}
	return s, query, nil
}
