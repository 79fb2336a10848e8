package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/sealed"
	"github.com/coatcheck/coatcheck/storeurl"
)

// sealedSchemes are stores whose sessions are in cookies.
func sealedSchemes() []storeurl.Scheme {
	return []storeurl.Scheme{
		{Name: "sealed", Form: "KEYFILE", Gist: "the cookies themselves, encrypted; logouts are noted in KEYFILE.ended", Open: openSealed},
	}
}

// A sealedSite is a sealed store that closes the file of what has ended.
type sealedSite struct {
	*sealed.Store
	ended *hashstore.Store
}

// Close closes the file.
func (s sealedSite) Close() error { return s.ended.Close() }

// openSealed opens a store with the keys of a file, which it makes if there is
// none.
func openSealed(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	path, err := r.Path()
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(path)
	if err != nil {
		return nil, err
	}
	ended, err := hashstore.Open(path+".ended", nil)
	if err != nil {
		return nil, err
	}
	store, err := sealed.New(keys, &sealed.Options{Revoker: ended})
	if err != nil {
		return nil, errors.Join(err, ended.Close())
	}
	return sealedSite{store, ended}, nil
}

// readKeys reads a file of keys. A missing one it makes, with a new key.
func readKeys(path string) ([]sealed.Key, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		_, err = fmt.Fprintf(file, "# The first key seals cookies, the others only open them.\n%s\n", sealed.NewKey().Reveal())
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	if file, err = os.Open(path); err != nil {
		return nil, err
	}
	defer file.Close()
	keys, err := sealed.ReadKeys(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}
