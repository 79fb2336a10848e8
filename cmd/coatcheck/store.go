package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

// newMux returns what opens stores by URL: those of package storeurl, and those
// for which this program has a driver or a client.
func newMux() *storeurl.Mux {
	mux, err := storeurl.New(&storeurl.Options{
		Schemes: slices.Concat(sealedSchemes(), sqlSchemes(), redisSchemes(), memcachedSchemes(), kvSchemes()),
	})
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

// storeTable lists the stores, as help names them.
func storeTable() string {
	var b strings.Builder
	for _, s := range newMux().Schemes() {
		fmt.Fprintf(&b, "  %s\n      %s\n", form(s), s.Gist)
	}
	return b.String()
}

// openStore opens the store that a URL names.
func openStore(url string) (coatcheck.Store, error) {
	if !strings.Contains(url, ":") {
		return nil, fmt.Errorf("--store %q is not a store URL; what works is %s", url, storeURLs())
	}
	source, err := newMux().Parse(url)
	if bad := (*storeurl.Error)(nil); errors.As(err, &bad) && bad.Field == "" {
		return nil, fmt.Errorf("--store %q: %w", bad.URL, bad.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	store, err := source.Open(context.Background())
	if err != nil {
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
