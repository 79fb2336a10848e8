package hashstore

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store is an open file of sessions. [Open] makes one; the zero value is of
// no use. It is safe for concurrent use. Users of sessions hand it to
// [coatcheck.New] and call none of its methods but Close.
type Store struct {
	opts Options
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
	_ coatcheck.Stater     = (*Store)(nil)
	_ io.Closer            = (*Store)(nil)
)

const maxRecords = 1 << 27

var errTodo = errors.New("hashstore: not yet")

func Open(path string, opts *Options) (*Store, error) { return nil, errTodo }

func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	return nil, errTodo
}
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error { return errTodo }
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return errTodo
}
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error { return errTodo }
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error                   { return errTodo }
func (s *Store) List(ctx context.Context, cursor string, limit int) ([]*coatcheck.Record, string, error) {
	return nil, "", errTodo
}
func (s *Store) Owned(ctx context.Context, owner, cursor string, limit int) ([]coatcheck.ID, string, error) {
	return nil, "", errTodo
}
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	return coatcheck.SweepResult{}, errTodo
}
func (s *Store) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	return coatcheck.StoreStats{}, errTodo
}

// Compact moves live records together and gives all free space back.
func (s *Store) Compact(ctx context.Context) error { return errTodo }

// Sync brings everything to the disk that was written before.
func (s *Store) Sync(ctx context.Context) error { return errTodo }
func (s *Store) Close() error                   { return errTodo }

// A Report is what [Check] found.
type Report struct {
	Records  int      // sound records that are live or expired but not swept
	Segments int      // parts of the file in use
	Faults   []string // what is wrong, one line each; none means that all is well
}

// Check reads the file and reports what is wrong with it.
func Check(path string) (*Report, error) { return nil, errTodo }

// Repair makes a damaged file sound again and keeps every record that is whole.
func Repair(path string) (*Report, error) { return nil, errTodo }

// Compact makes the file as small as it can be.
func Compact(path string) error { return errTodo }
