package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/filestore"
)

// openBareSQL is the SELECT of a load on a table of ours, in a handler. To
// count, it updates the data by the primary key.
func openBareSQL(p place) (http.Handler, error) {
	store, err := openTable(p, "bare_sessions")
	if err != nil {
		return nil, err
	}
	db, err := openSQL(p)
	if err != nil {
		return nil, err
	}
	selects, err := db.Prepare("SELECT head, data, expires FROM bare_sessions WHERE id = " + p.parameter(1))
	if err != nil {
		return nil, err
	}
	updates, err := db.Prepare("UPDATE bare_sessions SET data = " + p.parameter(1) + " WHERE id = " + p.parameter(2))
	if err != nil {
		return nil, err
	}
	return pages.Bare(pages.Shelf{
		Create: store.Create,
		Read: func(ctx context.Context, id coatcheck.ID) (data []byte, err error) {
			var (
				head    []byte
				expires int64
			)
			err = selects.QueryRowContext(ctx, id[:]).Scan(&head, &data, &expires)
			return data, err
		},
		Write: func(ctx context.Context, id coatcheck.ID, data []byte) error {
			_, err := updates.ExecContext(ctx, data, id[:])
			return err
		},
	}), nil
}

// openBareFiles reads the files that filestore makes, and to count writes
// into them where they are.
func openBareFiles(p place) (http.Handler, error) {
	dir, err := p.directory("bare")
	if err != nil {
		return nil, err
	}
	store, err := filestore.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	var paths sync.Map
	path := func(id coatcheck.ID) string {
		p, _ := paths.Load(id)
		s, _ := p.(string)
		return s
	}
	return pages.Bare(pages.Shelf{
		Create: func(ctx context.Context, rec *coatcheck.Record) error {
			err := store.Create(ctx, rec)
			if err != nil {
				return err
			}
			found, err := fileWith(dir, rec.Data)
			paths.Store(rec.ID, found)
			return err
		},
		Read: func(_ context.Context, id coatcheck.ID) ([]byte, error) { return os.ReadFile(path(id)) },
		Write: func(_ context.Context, id coatcheck.ID, data []byte) error {
			f, err := os.OpenFile(path(id), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.Write(data)
			return errors.Join(err, f.Close())
		},
	}), nil
}

// fileWith returns the file below dir that contains data.
func fileWith(dir string, data []byte) (found string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, data) {
			found = path
			return fs.SkipAll
		}
		return nil // it may have gone meanwhile
	})
	if err == nil && found == "" {
		err = fmt.Errorf("no file of filestore's contains the record")
	}
	return found, err
}
