package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	if how == timeless {
		o.Now = beginning
	}
	mux, err := storeurl.New(&o)
	if err != nil {
		panic(err) // two schemes have one name, or the like
	}
	return mux
}

// form is what a URL of the store looks like.
func form(s storeurl.Scheme) string { return s.Name + ":" + s.Form }

// storeURLs lists the stores, as errors name them.
func storeURLs() string {
	var all []string
	for _, s := range newMux().Schemes() {
		all = append(all, fmt.Sprintf("%q", form(s)))
	}
	return strings.Join(all, ", ")
}

// meant is what a path may have been meant to be: a URL without its beginning.
func meant(path string) string {
	switch info, err := os.Stat(path); {
	case err != nil:
		return ""
	case info.IsDir():
		return fmt.Sprintf(" (is it %q?)", "file:"+path)
	}
	return fmt.Sprintf(" (is it %q, or %q?)", "hash:"+path, "sqlite:"+path)
}

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
		return nil, fmt.Errorf("--store: that is not a store URL; what works is %s", storeURLs())
	case !found:
		return nil, fmt.Errorf("--store %q is not a store URL%s; what works is %s", url, meant(url), storeURLs())
	}
	source, err := muxOf(how).Parse(url)
	if bad := (*storeurl.Error)(nil); errors.As(err, &bad) && bad.Field == "" {
		return nil, fmt.Errorf("--store %q: %w", bad.URL, bad.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	store, err := source.Open(context.Background())
	switch {
	case errors.Is(err, storeurl.ErrAbsent):
		return nil, failed(exit.With(exit.NotFound, fmt.Errorf("%w: coatcheck create makes one", err)))
	case err != nil:
		return nil, failed(fmt.Errorf("--store: %w", err))
	}
	return store, nil
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
