package redisstore

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// A Store keeps records on Redis or Valkey servers. [Open] and [New] make one;
// the zero value is of no use. It is safe for concurrent use. Users of sessions
// hand it to [coatcheck.New] and call none of its methods but Close, and Doctor
// when the program starts.
type Store struct {
	link    *link // for everything but reads that are kept
	reads   *link // for those: the servers tell it of changes; nil without a cache
	cache   *cache
	now     func() time.Time
	keys    keys
	chores  *chores
	listing listing
	refused atomic.Int64

	closing sync.Once
	done    chan struct{} // closed by Close
}

var (
	_ coatcheck.Store      = (*Store)(nil)
	_ coatcheck.Lister     = (*Store)(nil)
	_ coatcheck.OwnerIndex = (*Store)(nil)
	_ coatcheck.Sweeper    = (*Store)(nil)
	_ coatcheck.Stater     = (*Store)(nil)
	_ io.Closer            = (*Store)(nil)
)

// Open returns a store on the servers that a URL names:
//
//	redis://user:password@host:6379/0                   one server
//	redis-sentinel://user:password@host1,host2/mymaster one server with replicas, found by sentinels
//	redis-cluster://user:password@host1:7000,host2:7000 a cluster, of which some servers are enough
//
// With "rediss" in the place of "redis" the connections are encrypted; "valkey"
// and "valkeys" mean the same. User, password, ports and the number of the
// database may be missing; special characters in them are percent-encoded.
//
// Open makes no connection: the first call does, and while the servers are down
// calls fail within their contexts. Nil options are the defaults. A URL or
// options that break a rule are [coatcheck.ErrInvalid].
func Open(url string, opts *Options) (*Store, error) {
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	t, err := parse(url)
	if err != nil {
		return nil, err
	}
	if o.TLS != nil && !t.tls {
		return nil, fmt.Errorf(`redisstore: %w: Options.TLS is set, but the URL asks for no encryption: let it begin with "rediss"`, coatcheck.ErrInvalid)
	}
	c := t.clientOption(&o)
	s := newStore(newLink(func() (valkey.Client, error) { return valkey.NewClient(c) }), &o)
	if o.CacheSize > 0 {
		s.cache = newCache(o.CacheSize, o.CacheAge, s.keys)
		tracked := t.clientOption(&o)
		s.cache.track(&tracked)
		s.reads = newLink(func() (valkey.Client, error) { return valkey.NewClient(tracked) })
	}
	return s, nil
}

// New returns a store on a client that is set up already, which Close leaves
// open. Nil options are the defaults; see [Options] for those that are allowed.
//
// The client must not send reads to replicas, which would show changes late,
// and its ConnLifetime must be 0, lest it repeats a change whose outcome is
// unknown.
func New(client valkey.Client, opts *Options) (*Store, error) {
	if client == nil {
		return nil, fmt.Errorf("redisstore: %w: the client is nil", coatcheck.ErrInvalid)
	}
	if err := opts.given(); err != nil {
		return nil, err
	}
	o, err := opts.filled()
	if err != nil {
		return nil, err
	}
	return newStore(givenLink(client), &o), nil
}

func newStore(l *link, o *Options) *Store {
	return &Store{link: l, now: o.Now, keys: newKeys(o.Prefix), chores: newChores(), done: make(chan struct{})}
}

// Load implements [coatcheck.Store]. It makes one round trip, or none if the
// local cache has the record.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if s.cache == nil {
		return s.load(ctx, s.link, id)
	}
	rec, place := s.cache.get(id)
	if rec != nil {
		return s.live(rec)
	}
	rec, err := s.load(ctx, s.reads, id)
	s.cache.fill(id, place, rec)
	return rec, err
}

// load asks the server.
func (s *Store) load(ctx context.Context, l *link, id coatcheck.ID) (*coatcheck.Record, error) {
	key := s.keys.record(id)
	msg, err := s.send(ctx, l, command{op: "load", read: true, build: func(b valkey.Builder, _ bool) valkey.Completed {
		return b.Hmget().Key(key).Field(fields...).Build()
	}})
	if err != nil {
		return nil, err
	}
	rec, err := decode(id, msg)
	if err != nil {
		return nil, err
	}
	return s.live(rec)
}

func (s *Store) live(rec *coatcheck.Record) (*coatcheck.Record, error) {
	if !rec.Live(s.now()) {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

// Create implements [coatcheck.Store]. It makes one round trip, and on a
// cluster one more, before it, for a record that has an owner.
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.acceptable(ctx, rec); err != nil {
		return err
	}
	client, err := s.link.client(ctx)
	if err != nil && judge(ctx, err) == final {
		return explain("create", err)
	}
	apart := err != nil || client.Mode() == valkey.ClientModeCluster
	keys, entry := []string{s.keys.record(rec.ID)}, ""
	start := time.Now()
	switch {
	case rec.Owner == "":
	case apart:
		if entry, err = s.enter(ctx, rec, ""); err != nil {
			return err
		}
	default:
		keys = append(keys, s.keys.owner(rec.Owner))
	}
	args := []string{text(rec.Data), head(rec), millis(expires(rec)), millis(s.now()), entry, rec.ID.String(), millis(rec.Deadline)}
	err = s.change(ctx, "create", rec.ID, createScript, keys, args)
	if entry != "" {
		s.settle(ctx, rec, entry, start, err)
	}
	return err
}

// Replace implements [coatcheck.Store]. It makes one round trip.
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	if err := s.acceptable(ctx, rec); err != nil {
		return err
	}
	owned := "1"
	if rec.Owner == "" {
		owned = "0"
	}
	return s.change(ctx, "replace", rec.ID, replaceScript, []string{s.keys.record(rec.ID)}, []string{
		text(rec.Data), head(rec), millis(expires(rec)), millis(s.now()), strconv.FormatUint(old, 10), millis(rec.Deadline), owned,
	})
}

// Touch implements [coatcheck.Store]. It makes one round trip.
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.change(ctx, "touch", id, touchScript, []string{s.keys.record(id)}, []string{millis(expires), millis(s.now())})
}

// Delete implements [coatcheck.Store]. It makes one round trip.
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	err := s.change(ctx, "delete", id, removeScript, []string{s.keys.record(id)}, nil)
	if err == coatcheck.ErrNotFound {
		return nil
	}
	return err
}

// What scripts answer, when it is not that all is well.
const (
	saysNone     = 0
	saysConflict = -1
	saysExists   = -2
	saysDamaged  = -3
)

// change runs a script that changes a record, and lets the cache know before
// and after.
func (s *Store) change(ctx context.Context, op string, id coatcheck.ID, sc script, keys, args []string) error {
	s.cache.drop(id)
	msg, err := s.run(ctx, op, sc, keys, args)
	s.cache.drop(id)
	if err != nil {
		s.count(err)
		return err
	}
	if owner, entry, ok := leaver(msg); ok {
		s.forget(owner, id, entry)
		return nil
	}
	switch n, err := msg.ToInt64(); {
	case err != nil:
		return fmt.Errorf("redisstore: %s: the answer is no number: %w", op, err)
	case n == saysNone:
		return coatcheck.ErrNotFound
	case n == saysConflict:
		return coatcheck.ErrConflict
	case n == saysExists:
		return coatcheck.ErrExists
	case n == saysDamaged:
		return fmt.Errorf("redisstore: %s: %w: fields are missing or malformed", op, coatcheck.ErrCorrupt)
	}
	return nil
}

// Close ends the use of the store: every method returns an error from then on.
// It closes the client of a store that Open made, and waits for what the store
// does in the background. Closing it again has no effect.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.chores.stop()
		s.link.close()
		if s.reads != nil {
			s.reads.close()
		}
		s.cache.flush()
		s.listing.clear()
	})
	return nil
}

func (s *Store) isClosed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// usable returns the error of a context that is done or of a closed store.
func (s *Store) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.isClosed() {
		return errClosed
	}
	return nil
}
