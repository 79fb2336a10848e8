package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/keyfile"
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

// openSealed opens a store with the keys of a file. It makes the file, and that of
// what has ended, unless they must exist.
func openSealed(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	path, err := r.Path()
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(path, r.MustExist)
	if err != nil {
		return nil, err
	}
	ended, err := hashstore.Open(path+".ended", &hashstore.Options{MustExist: r.MustExist})
	if r.MustExist && errors.Is(err, fs.ErrNotExist) {
		err = lackf("there is no file %s.ended, which notes logouts", path)
	}
	if err != nil {
		return nil, err
	}
	store, err := sealed.New(keys, &sealed.Options{Revoker: ended})
	if err != nil {
		return nil, errors.Join(err, ended.Close())
	}
	return sealedSite{store, ended}, nil
}

// readKeys reads a file of keys. A missing one it makes, with a new key, unless
// it must exist.
func readKeys(path string, mustExist bool) ([]sealed.Key, error) {
	if !mustExist {
		err := keyfile.Create(path, keyfile.New(time.Now()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	file, err := keyfile.Read(path)
	if mustExist && errors.Is(err, fs.ErrNotExist) {
		err = lackf("there is no store at %s", path)
	}
	if err != nil {
		return nil, err
	}
	keys := make([]sealed.Key, len(file.Keys))
	for i, k := range file.Keys {
		keys[i] = k.Key
	}
	return keys, nil
}

// anonymousSealer returns what seals anonymous sessions beside a store, with the
// keys of a file, nil if there is no file. What has ended is noted in the store.
func anonymousSealer(path string, store coatcheck.Store) (coatcheck.Sealer, error) {
	if path == "" {
		return nil, nil
	}
	if _, all := store.(coatcheck.Sealer); all {
		return nil, errors.New("--anonymous-keys: the store seals all sessions already: leave the flag out, or choose another store")
	}
	keys, err := readKeys(path, false)
	if err != nil {
		return nil, err
	}
	return sealed.New(keys, &sealed.Options{Revoker: store})
}
