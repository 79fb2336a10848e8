package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records in memcached. Make one with [Open] or [New]; the zero
// Store is not usable. It is safe for concurrent use, and any number of
// processes may share the servers.
type Store struct {
	client *memcache.Client
	opts   Options
	ours   bool // whether Close closes the client
	closed atomic.Bool
}

var _ coatcheck.Store = (*Store)(nil)

// Open returns a store on servers. Nil options are the defaults. It makes no
// connection, so it fails for wrong arguments only.
func Open(servers []Server, o *Options) (*Store, error) {
	opts, err := o.filled()
	if err != nil {
		return nil, err
	}
	selector, err := NewSelector(servers, opts.Hash)
	if err != nil {
		return nil, err
	}
	client := memcache.NewFromSelector(selector)
	client.Timeout = opts.Timeout
	client.MaxIdleConns = opts.MaxIdle
	return &Store{client: client, opts: opts, ours: true}, nil
}

// New returns a store on a client that the caller has set up: for TLS, for
// another way to choose servers. The client stays the caller's. Its
// MaxIdleConns, which is 2 by default, should be as many as there are requests
// at once.
func New(client *memcache.Client, o *Options) (*Store, error) {
	opts, err := o.filled()
	if err != nil {
		return nil, err
	}
	if client == nil {
		return nil, invalid("the client is nil")
	}
	return &Store{client: client, opts: opts}, nil
}

// errClosed is what every method returns after Close.
var errClosed = fmt.Errorf("memcachestore: store: %w", coatcheck.ErrClosed)

// Close makes every later call [coatcheck.ErrClosed], and closes the connections
// unless the client is the caller's. Calls under way end as they would, and then
// their connections close. Closing it again has no effect.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if s.ours {
		return s.client.Close()
	}
	return nil
}

// errNoSwap is what is read from a server that counts no versions of its items:
// it would refuse every change, again and again.
var errNoSwap = fmt.Errorf("memcachestore: %w: the server cannot compare and swap: start memcached without -C", coatcheck.ErrUnsupported)

// An item is a record and what memcached calls this version of it.
type item struct {
	*coatcheck.Record
	cas uint64
}

func (s *Store) key(id coatcheck.ID) string { return s.opts.Prefix + id.String() }

// find returns what is stored under id, expired or not.
func (s *Store) find(ctx context.Context, id coatcheck.ID) (item, error) {
	if s.closed.Load() {
		return item{}, errClosed
	}
	found, err := again(ctx, s, func() (*memcache.Item, error) { return s.client.Get(s.key(id)) })
	if err != nil {
		return item{}, translate(err)
	}
	if found.CasID == 0 {
		return item{}, errNoSwap
	}
	rec := new(coatcheck.Record)
	if err := rec.UnmarshalBinary(found.Value); err != nil {
		return item{}, fmt.Errorf("memcachestore: %w", err)
	}
	if rec.ID != id {
		return item{}, fmt.Errorf("memcachestore: %w: it is the record of another session", coatcheck.ErrCorrupt)
	}
	return item{rec, found.CasID}, nil
}

// live returns what is stored under id, unless it has expired.
func (s *Store) live(ctx context.Context, id coatcheck.ID) (item, error) {
	it, err := s.find(ctx, id)
	if err == nil && !it.Live(s.opts.Now()) {
		err = coatcheck.ErrNotFound
	}
	return it, err
}

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	it, err := s.live(ctx, id)
	if err != nil {
		return nil, err
	}
	return it.Record, nil
}

// Create implements [coatcheck.Store].
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	for {
		err := s.add(ctx, rec)
		if !errors.Is(err, memcache.ErrNotStored) {
			return err
		}
		it, err := s.find(ctx, rec.ID)
		switch {
		case errors.Is(err, coatcheck.ErrNotFound):
			continue // it has just gone
		case err != nil:
			return err
		case it.Live(s.opts.Now()):
			return coatcheck.ErrExists
		}
		if err := s.swap(ctx, rec, it.cas); !lost(err) {
			return err
		}
	}
}

// Replace implements [coatcheck.Store].
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	for {
		it, err := s.live(ctx, rec.ID)
		if err != nil {
			return err
		}
		if it.Version != old {
			return coatcheck.ErrConflict
		}
		// Whoever came first may only have touched it: look again.
		if err := s.swap(ctx, rec.Touched(it.Expires), it.cas); !lost(err) {
			return err
		}
	}
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	for {
		it, err := s.live(ctx, id)
		if err != nil {
			return err
		}
		touched := it.Touched(expires)
		if touched == it.Record {
			return nil
		}
		if err := s.swap(ctx, touched, it.cas); !lost(err) {
			return err
		}
	}
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	if s.closed.Load() {
		return errClosed
	}
	_, err := again(ctx, s, func() (struct{}, error) { return struct{}{}, s.client.Delete(s.key(id)) })
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil
	}
	return translate(err)
}

// add stores rec where there is nothing, or returns memcache.ErrNotStored.
func (s *Store) add(ctx context.Context, rec *coatcheck.Record) error {
	return s.store(ctx, rec, 0, s.client.Add)
}

// swap stores rec over what memcached calls cas, or returns an error that lost
// recognises.
func (s *Store) swap(ctx context.Context, rec *coatcheck.Record, cas uint64) error {
	return s.store(ctx, rec, cas, s.client.CompareAndSwap)
}

func (s *Store) store(ctx context.Context, rec *coatcheck.Record, cas uint64, by func(*memcache.Item) error) error {
	if s.closed.Load() {
		return errClosed
	}
	value, err := rec.MarshalBinary()
	if err != nil {
		return err
	}
	if len(value) > s.opts.MaxValue {
		return fmt.Errorf("memcachestore: %w: its record takes %d bytes; Options.MaxValue is %d", coatcheck.ErrTooLarge, len(value), s.opts.MaxValue)
	}
	it := &memcache.Item{Key: s.key(rec.ID), Value: value, Expiration: expiration(rec.Expires, s.opts.Now()), CasID: cas}
	_, err = once(ctx, s, func() (struct{}, error) { return struct{}{}, by(it) })
	return translate(err)
}

// lost reports whether somebody else changed or removed the item first.
func lost(err error) bool {
	return errors.Is(err, memcache.ErrCASConflict) || errors.Is(err, memcache.ErrNotStored) || errors.Is(err, coatcheck.ErrNotFound)
}
