package config

import (
	"errors"
	"os"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/jsontree"
	"github.com/coatcheck/coatcheck/sealed"
)

// anonymousField names the file of keys with which anonymous sessions are
// sealed. It is no option: what it stands for needs the store, which is their
// revoker.
const anonymousField = "anonymous_keys"

// readAnonymous reads the field.
func (c *Config) readAnonymous(n *jsontree.Node) error {
	if n.Kind != jsontree.String || n.Text == "" {
		return c.doc.fault(n.Start, anonymousField, wrong(n, "the name of a file of keys; leave the field out to store all sessions"))
	}
	c.keys = n.Text
	return nil
}

// sealer returns what seals anonymous sessions beside store.
func (c *Config) sealer(store coatcheck.Store) (coatcheck.Sealer, error) {
	if c.Options.AnonymousSealer != nil {
		return nil, c.doc.fault(c.doc.place(anonymousField), anonymousField, invalid("the program has set another AnonymousSealer: leave one of them out"))
	}
	s, err := openSealer(c.keys, store)
	if err != nil {
		return nil, c.doc.fault(c.doc.place(anonymousField), anonymousField, err)
	}
	return s, nil
}

func openSealer(path string, store coatcheck.Store) (_ coatcheck.Sealer, err error) {
	if _, all := store.(coatcheck.Sealer); all {
		return nil, invalid("the store seals all sessions already: leave the field out, or choose another store")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	keys, err := sealed.ReadKeys(file)
	if err != nil {
		return nil, err
	}
	return sealed.New(keys, &sealed.Options{Revoker: store})
}

// nothingSealed is a store, or what is beside one, that seals and is not
// called.
type nothingSealed struct{ coatcheck.Sealer }
