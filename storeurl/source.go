package storeurl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/nearest"
)

// A Source says where a store is and how it is set up, as a URL or JSON has
// said it. It does not change, and is safe for concurrent use. [Mux.Parse] and
// [Mux.ParseJSON] make one; the zero value is of no use.
type Source struct {
	mux    *Mux
	scheme *Scheme
	name   string // of the scheme
	rest   string // what follows its colon, without the parameters
	params map[string]string
	others []string // parameters for the store's own package, "name=value"
	ring   *ringSource
}

// String returns the URL without passwords and parameters; that of a ring in
// JSON is "ring:".
func (s *Source) String() string {
	if s.ring != nil {
		return ringScheme + ":"
	}
	return show(s.name + ":" + s.rest)
}

// Scheme returns the name of the scheme; that of a ring in JSON is "ring".
func (s *Source) Scheme() string { return s.name }

// Path returns the path that a URL of a file or folder names. Of others, such
// as "mem:" and those of servers, the result means nothing, or is an error.
func (s *Source) Path() (string, error) { return path(s.name, s.rest) }

// Open opens the store. Every call opens it anew. [Close] closes it, and all
// that was opened for it. What is in files is opened without regard to a
// context that ends meanwhile.
func (s *Source) Open(ctx context.Context) (coatcheck.Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.ring != nil {
		return s.ring.open(ctx)
	}
	r, secrets, err := s.request()
	if err != nil {
		return nil, err
	}
	store, err := s.scheme.Open(ctx, r)
	if err != nil {
		return nil, s.blame(hide(err, secrets))
	}
	return store, nil
}

// fault is an error about a parameter, or about the whole.
func (s *Source) fault(param string, err error) error {
	return &Error{URL: s.String(), Field: param, Err: err}
}

// set takes the parameters over if there are such.
func (s *Source) set(given []setting) error {
	for _, g := range given {
		p := s.scheme.param(g.name)
		_, twice := s.params[g.name]
		switch {
		case p == nil && s.scheme.Others != "":
			s.others = append(s.others, g.raw)
			continue
		case p == nil:
			return s.fault(g.name, unknownName("parameter", g.name, s.scheme.paramNames()))
		case twice:
			return s.fault(g.name, errors.New("it is given twice"))
		}
		if err := p.check(g.value); err != nil {
			return s.fault(g.name, err)
		}
		s.params[g.name] = g.value
	}
	return nil
}

// check looks at all that was set together.
func (s *Source) check() error {
	if err := s.checkPlaces(); err != nil || s.scheme.Check == nil {
		return err
	}
	switch err := s.scheme.Check(s.plainRequest()).(type) {
	case nil:
		return nil
	case *Error:
		return s.fault(err.Field, err.Err)
	default:
		return s.fault("", err)
	}
}

// checkPlaces refuses secrets that are given in two ways.
func (s *Source) checkPlaces() error {
	for i := range s.scheme.Params {
		if p := &s.scheme.Params[i]; p.Kind == Secret {
			if err := s.checkPlace(p.Name, s.params[p.Name] != ""); err != nil {
				return err
			}
		}
	}
	if !s.scheme.Password {
		return nil
	}
	u, _ := splitUser(s.rest)
	given := u.hasPassword || slices.ContainsFunc(s.others, func(other string) bool { return strings.HasPrefix(other, password+"=") })
	err := s.checkPlace(password, given)
	if place := s.params[password+"_file"] + s.params[password+"_env"]; err == nil && place != "" && !strings.HasPrefix(s.rest, "//") {
		err = s.fault("", fmt.Errorf("there is no host for the password; the form is %q", s.scheme.form()))
	}
	return err
}

func (s *Source) checkPlace(name string, given bool) error {
	file, env := name+"_file", name+"_env"
	switch inFile, inEnv := s.params[file] != "", s.params[env] != ""; {
	case inFile && inEnv:
		return s.fault(env, fmt.Errorf("%s is given, too; leave out one of both", file))
	case given && inFile:
		return s.fault(file, fmt.Errorf("the %s itself is given, too; leave out one of both", name))
	case given && inEnv:
		return s.fault(env, fmt.Errorf("the %s itself is given, too; leave out one of both", name))
	}
	return nil
}

// unknownName is the error of a parameter or field that there is not.
func unknownName(kind, name string, known []string) error {
	switch near := nearest.Name(name, known); {
	case len(known) == 0:
		return fmt.Errorf("there is no such %s, nor any other", kind)
	case len(known) == 1:
		return fmt.Errorf("there is no such %s; %s is the only one", kind, known[0])
	case near != "":
		return fmt.Errorf("there is no such %s; %s is one, all are %s", kind, near, list(known, "and"))
	}
	return fmt.Errorf("there is no such %s; all are %s", kind, list(known, "and"))
}

// optionField finds the option that an error of a store's package is about.
var optionField = regexp.MustCompile(`\bOptions\.([A-Z][A-Za-z]*)`)

// blame makes an error about an option one about the parameter that set it.
func (s *Source) blame(err error) error {
	if !errors.Is(err, coatcheck.ErrInvalid) {
		return err
	}
	if found := optionField.FindStringSubmatch(err.Error()); found != nil {
		for name := range s.params {
			if strings.EqualFold(strings.ReplaceAll(name, "_", ""), found[1]) {
				return s.fault(name, err)
			}
		}
	}
	return err
}
