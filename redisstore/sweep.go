package redisstore

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// grace is how much longer than its record a key lives. The scripts say the
// same.
const grace = 5 * time.Minute

// sweepKeys is about how many keys one call looks at.
const sweepKeys = 250

// Sweep implements [coatcheck.Sweeper]. A call looks at some hundred keys.
// Records that ended more than a few minutes before the store's clock, the
// servers have deleted already, and Sweep does not look for them: it then only
// clears the owners' indexes of entries whose records have ended.
func (s *Store) Sweep(ctx context.Context, before time.Time, cursor string, limit int) (coatcheck.SweepResult, error) {
	var none coatcheck.SweepResult
	if err := s.usable(ctx); err != nil {
		return none, err
	}
	if err := checkLimit(limit); err != nil {
		return none, err
	}
	at, err := parseSweepCursor(cursor)
	if err != nil {
		return none, err
	}
	nodes, err := s.primaries(ctx)
	if err != nil {
		return none, err
	}
	i := slices.IndexFunc(nodes, func(n node) bool { return n.addr >= at.addr })
	if i < 0 {
		return none, nil
	}
	if nodes[i].addr != at.addr {
		at = sweepCursor{addr: nodes[i].addr}
	}
	prefix := s.keys.all
	if !before.After(s.now().Add(-grace - time.Minute)) {
		prefix = s.keys.owners
	}
	var names []string
	var next uint64
	err = s.persist(ctx, "sweep", func(ctx context.Context) (err error) {
		names, next, err = nodes[i].scan(ctx, prefix, at.from, sweepKeys)
		return err
	})
	if err != nil {
		return none, err
	}
	deleted, more, err := s.sweepNames(ctx, names, before, limit)
	switch {
	case more:
		at.again++
	case next != 0:
		at = sweepCursor{addr: at.addr, from: next}
	case i+1 < len(nodes):
		at = sweepCursor{addr: nodes[i+1].addr}
	default:
		return coatcheck.SweepResult{Deleted: deleted}, err
	}
	return coatcheck.SweepResult{Deleted: deleted, Next: at.String()}, err
}

// sweepNames sweeps the keys of these names. There are more if it had to stop
// at the limit.
func (s *Store) sweepNames(ctx context.Context, names []string, before time.Time, limit int) (deleted int, more bool, err error) {
	indexes := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, s.keys.owners) })
	if err := atOnce(indexes, func(index string) error { return s.sweepIndex(ctx, index) }); err != nil {
		return 0, false, err
	}
	dead, err := s.ended(ctx, s.keys.ids(names), before)
	if err != nil {
		return 0, false, err
	}
	more = len(dead) > limit
	var n atomic.Int64
	err = atOnce(dead[:min(limit, len(dead))], func(id coatcheck.ID) error {
		err := s.change(ctx, "sweep", id, removeScript, []string{s.keys.record(id)}, []string{millis(before)})
		switch err {
		case nil:
			n.Add(1)
		case coatcheck.ErrNotFound: // somebody was faster, or has touched it
			err = nil
		}
		return err
	})
	return int(n.Load()), more || err != nil, err
}

// sweepAtOnce is how many keys are swept at the same time.
const sweepAtOnce = 32

// atOnce calls f with all items, several at once, and returns what went wrong.
func atOnce[T any](items []T, f func(T) error) error {
	errs := make([]error, min(sweepAtOnce, len(items)))
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range errs {
		all.Go(func() {
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				errs[w] = f(items[i])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// ended returns which records seem to have ended at before. Who deletes them
// looks again.
func (s *Store) ended(ctx context.Context, ids []coatcheck.ID, before time.Time) (dead []coatcheck.ID, err error) {
	err = s.each(ctx, ids, []string{"expires", "head"}, func(i int, values []valkey.ValkeyMessage) {
		expires, err1 := values[0].ToString()
		head, err2 := values[1].AsBytes()
		if err1 != nil || err2 != nil {
			return
		}
		if rec, err := parseRecord(ids[i], expires, head, nil); err == nil && !rec.Live(before) {
			dead = append(dead, ids[i])
		}
	})
	return dead, err
}

// sweepIndex takes dead entries out of an index. Of a very long one it sees a
// part, another one each time. What is no index is left alone.
func (s *Store) sweepIndex(ctx context.Context, index string) error {
	members, now, err := s.page(ctx, index, "", maxPage)
	if err == nil && len(members) == maxPage {
		var id coatcheck.ID
		crand.Read(id[:])
		members, now, err = s.page(ctx, index, id.String(), maxPage)
	}
	if err == nil {
		_, err = s.sift(ctx, index, s.ours(index, members, now), now)
	}
	if errors.Is(err, coatcheck.ErrCorrupt) {
		return nil
	}
	return err
}

// ours returns those members of an index that are ours to judge. It may be the
// index of another store whose prefix begins as our indexes do ("video:" beside
// "vide"), and the records of that one are elsewhere: then they are those that are
// past their deadlines by both clocks.
func (s *Store) ours(index string, members []string, now time.Time) []string {
	if !strings.Contains(strings.TrimPrefix(index, s.keys.owners), "o:") {
		return members
	}
	if local := s.now(); local.Before(now) {
		now = local
	}
	return slices.DeleteFunc(members, func(member string) bool {
		e, ok := parseEntry(member)
		return !ok || !e.ends.Add(grace).Before(now)
	})
}

// A sweepCursor is a server, a position in its keys, and how often that was
// returned before, so that no two are the same.
type sweepCursor struct {
	addr  string
	from  uint64
	again uint64
}

func (c sweepCursor) String() string { return fmt.Sprintf("%s/%d/%d", c.addr, c.from, c.again) }

func parseSweepCursor(text string) (c sweepCursor, err error) {
	if text == "" {
		return c, nil
	}
	parts := strings.Split(text, "/")
	n := len(parts) - 2 // the path of a socket has slashes, too
	if n < 1 {
		return c, errCursor
	}
	var err1, err2 error
	c.addr = strings.Join(parts[:n], "/")
	c.from, err1 = strconv.ParseUint(parts[n], 10, 64)
	c.again, err2 = strconv.ParseUint(parts[n+1], 10, 64)
	if err1 != nil || err2 != nil || c.addr == "" {
		return c, errCursor
	}
	return c, nil
}
