package redisstore

import (
	"context"
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

// Load implements [coatcheck.Store]. It makes one round trip, or none if the
// local cache has the record.
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if s.cache == nil {
		return s.load(ctx, s.link, id)
	}
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	rec, place := s.cache.get(id)
	if rec != nil {
		return s.live(rec)
	}
	rec, err := s.load(ctx, s.reads, id)
	s.cache.fill(id, place, rec)
	return rec, err
}

var hmget = []string{"HMGET"}

// load asks the server.
func (s *Store) load(ctx context.Context, l *link, id coatcheck.ID) (*coatcheck.Record, error) {
	msg, err := s.send(ctx, l, command{op: "load", read: true, words: hmget, keys: []string{s.keys.record(id)}, args: fields})
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
	sc := replaceScript
	if len(rec.Data) == 0 { // what is left of a session that ends
		sc = endScript
	}
	return s.change(ctx, "replace", rec.ID, sc, []string{s.keys.record(rec.ID)}, []string{
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
