package kvstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// SaveLoadClean is an API that cannot compare and swap: what the "custom
// storage" of older frameworks was. All three functions must be set and safe
// for concurrent use.
type SaveLoadClean struct {
	// Save stores value under key, over whatever is there. It may forget the
	// value at until or later.
	Save func(ctx context.Context, key string, value []byte, until time.Time) error

	// Load returns the value that was saved last, and none, without an error,
	// if there is none.
	Load func(ctx context.Context, key string) ([]byte, error)

	// CleanUp may forget every value whose until is not after before.
	CleanUp func(ctx context.Context, before time.Time) error
}

// InsecureLastWriteWins returns a store on an API that can only save, load and
// clean up. Inside one process it keeps its contract, since it lets one call at
// a time work on a key. Between processes the last write wins: concurrent
// changes are lost, and a slow request can bring a session back to life that
// was logged out. Use it for one process alone, or for data that nobody would
// miss. It can neither list nor find the sessions of an owner.
//
// Deleting a session saves an empty value in its place, which may be forgotten
// at once.
func InsecureLastWriteWins(api SaveLoadClean, o *Options) (*Store, error) {
	for name, missing := range map[string]bool{"Save": api.Save == nil, "Load": api.Load == nil, "CleanUp": api.CleanUp == nil} {
		if missing {
			return nil, fmt.Errorf("kvstore: %w: SaveLoadClean.%s is not set", coatcheck.ErrInvalid, name)
		}
	}
	s, err := New(newLastWriteWins(api), o)
	if err != nil {
		return nil, err
	}
	s.cleaner = api.CleanUp
	return s, nil
}

// A cleaner removes what had ended before a time.
type cleaner func(ctx context.Context, before time.Time) error

// clean is Sweep by a cleaner: one batch, of a number that nobody tells.
func (s *Store) clean(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	if cursor != "" {
		cursor = foreign
	}
	if err := checkPage(cursor, limit); err != nil {
		return coatcheck.SweepResult{}, err
	}
	return coatcheck.SweepResult{}, s.cleaner(ctx, before)
}

// lastWriteWins is a KV whose compare-and-swap holds inside this process only:
// a revision is the hash of the value, and a key has one writer at a time.
type lastWriteWins struct {
	api    SaveLoadClean
	access [64]chan struct{} // by the hash of the key; full while someone writes
}

func newLastWriteWins(api SaveLoadClean) *lastWriteWins {
	l := &lastWriteWins{api: api}
	for i := range l.access {
		l.access[i] = make(chan struct{}, 1)
	}
	return l
}

// enter waits for its turn with a key, and returns what ends it.
func (l *lastWriteWins) enter(ctx context.Context, key string) (leave func(), err error) {
	sum := sha256.Sum256([]byte(key))
	turn := l.access[int(sum[0])%len(l.access)]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// revisionOf returns the hash of a value, and None for no value.
func revisionOf(value []byte) Revision {
	if len(value) == 0 {
		return None
	}
	sum := sha256.Sum256(value)
	return Revision(sum[:])
}

func (l *lastWriteWins) Get(ctx context.Context, key string) ([]byte, Revision, error) {
	value, err := l.api.Load(ctx, key)
	if err == nil && len(value) == 0 {
		err = coatcheck.ErrNotFound
	}
	return value, revisionOf(value), err
}

func (l *lastWriteWins) Put(ctx context.Context, key string, value []byte, rev Revision, until time.Time) error {
	leave, err := l.enter(ctx, key)
	if err != nil {
		return err
	}
	defer leave()
	old, err := l.api.Load(ctx, key)
	switch {
	case err != nil:
		return err
	case revisionOf(old) != rev:
		return coatcheck.ErrConflict
	}
	return l.api.Save(ctx, key, value, until)
}

// Delete saves nothing over what there is, to be forgotten at once.
func (l *lastWriteWins) Delete(ctx context.Context, key string) error {
	leave, err := l.enter(ctx, key)
	if err != nil {
		return err
	}
	defer leave()
	return l.api.Save(ctx, key, nil, time.Time{})
}
