package storeurl

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/coatcheck/coatcheck"
)

// A Scheme is a kind of store that URLs can name, "NAME:…". It is a plain value.
type Scheme struct {
	// Name is what the URLs begin with: lower-case letters, digits, "+", "-"
	// and ".", a letter first.
	Name string

	// Form is what follows the colon, for help and errors, such as "FILE" or
	// "//USER:PASSWORD@HOST/DATABASE". Without it nothing may follow.
	Form string

	// Gist says in one line what the store is.
	Gist string

	// Params are the parameters that there are.
	Params []Param

	// Others says what all other parameters are, which go to Open as they are
	// in [Request.URL], such as "the settings of libpq". Without it others
	// are refused.
	Others string

	// Password means that URLs may hold a user and a password, as in
	// "//user:password@host". The parameters password_file and password_env
	// say where the password is instead; Open gets it as a part of the URL.
	Password bool

	// Check returns what is wrong with a URL that no parameter alone shows,
	// without touching files or servers. Secrets that are elsewhere are not
	// in the request. Default none.
	Check func(r *Request) error

	// Open opens the store. If that has a method Close, the method closes all
	// that Open has opened. It may be called by several goroutines at once.
	Open func(ctx context.Context, r *Request) (coatcheck.Store, error)
}

// What the names of schemes and parameters look like.
var (
	schemeName = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	paramName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// password is the parameter that a URL's password counts as.
const password = "password"

// check returns what is wrong with a scheme.
func (s *Scheme) check() error {
	switch {
	case !schemeName.MatchString(s.Name):
		return fmt.Errorf("the name of scheme %q may hold only lower-case letters, digits, '+', '-' and '.', a letter first", s.Name)
	case s.Open == nil:
		return fmt.Errorf("scheme %q has no Open", s.Name)
	}
	seen := map[string]bool{}
	for _, p := range s.Params {
		switch {
		case !paramName.MatchString(p.Name):
			return fmt.Errorf("scheme %q: the name of parameter %q may hold only lower-case letters, digits and '_', a letter first", s.Name, p.Name)
		case p.Name == "url" || p.Name == "members":
			return fmt.Errorf("scheme %q has a parameter %q, which JSON uses for something else", s.Name, p.Name)
		case seen[p.Name]:
			return fmt.Errorf("scheme %q has two parameters %q", s.Name, p.Name)
		case p.Kind < Text || p.Kind > Secret:
			return fmt.Errorf("scheme %q: parameter %q has Kind %d; it must be one of the constants", s.Name, p.Name, p.Kind)
		}
		seen[p.Name] = true
	}
	return nil
}

// complete returns the scheme with the parameters that its fields imply.
func (s Scheme) complete() Scheme {
	s.Params = slices.Clone(s.Params)
	if s.Password {
		s.Params = append(s.Params,
			Param{Name: password + "_file", Doc: "read the password from this file"},
			Param{Name: password + "_env", Doc: "take the password from this variable of the environment"})
	}
	for _, p := range s.Params {
		if p.Kind == Secret {
			s.Params = append(s.Params,
				Param{Name: p.Name + "_file", Doc: "read the same from this file"},
				Param{Name: p.Name + "_env", Doc: "take the same from this variable of the environment"})
		}
	}
	return s
}

// param returns the parameter of a name, nil if there is none.
func (s *Scheme) param(name string) *Param {
	for i := range s.Params {
		if s.Params[i].Name == name {
			return &s.Params[i]
		}
	}
	return nil
}

// form is what the scheme's URLs look like.
func (s *Scheme) form() string { return s.Name + ":" + s.Form }

// paramNames are the names of all parameters.
func (s *Scheme) paramNames() (names []string) {
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	return names
}
