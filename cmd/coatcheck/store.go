package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/storeurl"
)

// An opening says how a store is opened.
type opening int

const (
	asItIs   opening = iota // one that is not there is an error, and opening changes nothing
	timeless                // the same, and in its lists nothing has expired; for List and Stat only
	made                    // one that is not there is made, and a table brought up to date
	anyway                  // as it is, and without those members of a ring that cannot be opened
)

// beginning is what the clock of a timeless store says.
func beginning() time.Time { return time.UnixMilli(0) }

// A lack says what of a store is not there; it is [storeurl.ErrAbsent].
type lack string

// lackf returns one.
func lackf(format string, args ...any) error { return lack(fmt.Sprintf(format, args...)) }

func (l lack) Error() string        { return string(l) }
func (l lack) Is(target error) bool { return target == storeurl.ErrAbsent }

// newMux returns what reads the URLs of stores, and opens those that are there.
func newMux() *storeurl.Mux { return muxOf(asItIs) }

// muxOf returns what opens stores by URL: those of package storeurl, and those
// for which this program has a driver or a client.
func muxOf(how opening) *storeurl.Mux {
	o := storeurl.Options{
		Schemes:   slices.Concat(sealedSchemes(), sqlSchemes(), redisSchemes(), memcachedSchemes(), kvSchemes()),
		MustExist: how != made,
	}
	switch how {
	case timeless:
		o.Now = beginning
	case anyway:
		o.StandIn = func(_ string, err error) (coatcheck.Store, error) { return absentee{err}, nil }
	}
	mux, err := storeurl.New(&o)
	if err != nil {
		panic(err) // two schemes have one name, or the like
	}
	return mux
}

// form is what a URL of the store looks like.
func form(s storeurl.Scheme) string { return s.Name + ":" + s.Form }

// storeTable lists the stores, as help names them.
func storeTable() string {
	var b strings.Builder
	for _, s := range newMux().Schemes() {
		fmt.Fprintf(&b, "  %s\n      %s\n", form(s), s.Gist)
	}
	return b.String()
}

// openStore opens the store that a URL names.
func openStore(url string, how opening) (coatcheck.Store, error) {
	name, _, found := strings.Cut(url, ":")
	switch {
	case strings.ContainsAny(name, " =@"): // as other addresses of databases have them, which may hold a password
		return nil, noStore("--store: that is not a store URL")
	case !found:
		if is := meant(url, ""); is != "" {
			return nil, fmt.Errorf("--store %q is not a store URL%s", url, is)
		}
		return nil, noStore("--store %q is not a store URL", url)
	}
	source, err := parseStore(url, how)
	if err != nil {
		return nil, err
	}
	store, err := source.Open(context.Background())
	switch {
	case errors.Is(err, storeurl.ErrAbsent):
		return nil, failed(exit.With(exit.NotFound, fmt.Errorf("%w: coatcheck create makes one%s", err, seeMembers(source, err))))
	case err != nil:
		return nil, failed(fmt.Errorf("--store: %w%s%s", err, mistaken(source), seeMembers(source, err)))
	}
	return store, nil
}

// parseStore reads the URL of a store.
func parseStore(url string, how opening) (*storeurl.Source, error) {
	source, err := muxOf(how).Parse(url)
	bad, unknown := (*storeurl.Error)(nil), (*storeurl.UnknownError)(nil)
	switch {
	case err == nil:
		return source, nil
	case errors.As(err, &unknown):
		return nil, noScheme(unknown, shown(url))
	case errors.As(err, &bad) && bad.Field == "":
		return nil, fmt.Errorf("--store %q: %w", bad.URL, bad.Err)
	}
	return nil, fmt.Errorf("--store: %w", err)
}

// mistaken asks whether what could not be opened is a store of another kind.
func mistaken(source *storeurl.Source) string {
	switch source.Scheme() {
	case "hash", "file", "sqlite", "ring":
		if path, err := source.Path(); err == nil {
			return meant(path, source.Scheme())
		}
	}
	return ""
}

// seeMembers says where to look if an error is about a member of a ring: it names
// the first one only.
func seeMembers(source *storeurl.Source, err error) string {
	bad := (*storeurl.Error)(nil)
	if source.Scheme() != "ring" || errors.As(err, &bad) || !strings.Contains(err.Error(), ": member ") {
		return ""
	}
	return "; coatcheck ring show looks at each member"
}

// closeStore closes a store that can be closed.
func closeStore(store coatcheck.Store) error { return storeurl.Close(store) }

// answerTimeout is how long a server may take to answer at the start.
const answerTimeout = 2 * time.Second

// answers returns the error of a store whose servers do not answer now: a wrong
// address is better told at once.
func answers(ctx context.Context, store coatcheck.Store) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_, err := store.Load(ctx, coatcheck.ID{})
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("there is no answer within %v: %w", answerTimeout, err)
	}
	return err
}
