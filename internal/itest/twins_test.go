package itest_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// Twins are two stores on one directory, which take turns: as between two
// processes, nothing but the files and their locks is common to them. What is
// optional the first one does.
type twins struct {
	*filestore.Store
	other *filestore.Store
	turn  atomic.Uint32
}

func openTwins(dir string, now func() time.Time) (coatcheck.Store, error) {
	open := func() (*filestore.Store, error) {
		return filestore.Open(filepath.Join(dir, "sessions"), &filestore.Options{
			Now: now, Logger: slog.New(slog.DiscardHandler),
		})
	}
	one, err := open()
	if err != nil {
		return nil, err
	}
	other, err := open()
	if err != nil {
		return nil, errors.Join(err, one.Close())
	}
	return &twins{Store: one, other: other}, nil
}

// next is the store whose turn it is.
func (x *twins) next() *filestore.Store {
	if x.turn.Add(1)%2 == 0 {
		return x.other
	}
	return x.Store
}

// Load implements [coatcheck.Store].
func (x *twins) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	return x.next().Load(ctx, id)
}

// Create implements [coatcheck.Store].
func (x *twins) Create(ctx context.Context, rec *coatcheck.Record) error {
	return x.next().Create(ctx, rec)
}

// Replace implements [coatcheck.Store].
func (x *twins) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return x.next().Replace(ctx, rec, old)
}

// Touch implements [coatcheck.Store].
func (x *twins) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return x.next().Touch(ctx, id, expires)
}

// Delete implements [coatcheck.Store].
func (x *twins) Delete(ctx context.Context, id coatcheck.ID) error { return x.next().Delete(ctx, id) }

// Close implements [io.Closer].
func (x *twins) Close() error { return errors.Join(x.Store.Close(), x.other.Close()) }
