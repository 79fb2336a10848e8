package redisstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// An owner's index is a sorted set whose members all have the same score and so
// stand in the order of their text: an ID in hexadecimal digits, a space, and
// the entry's own part, which is the record's deadline and the moment in which
// the entry was made, by the server's clock, in microseconds. No two entries
// are the same, even of one ID. The record holds the entry's own part, too: an
// entry that its record does not know is dead.
//
// On a cluster the index may be on another server than the record. Then the
// entry is made first, and nobody may take it for dead while its record may
// still be on its way.
const (
	underWay = time.Minute      // so long nobody takes an entry for dead
	slow     = 30 * time.Second // a Create that took longer makes its entry again
)

// enter puts an entry for rec into its owner's index: entry, or a new one.
func (s *Store) enter(ctx context.Context, rec *coatcheck.Record, entry string) (string, error) {
	msg, err := s.run(ctx, "create: index", enterScript, []string{s.keys.owner(rec.Owner)},
		[]string{rec.ID.String(), millis(rec.Deadline), millis(s.now()), entry})
	if err != nil {
		s.count(err)
		return "", err
	}
	return msg.ToString()
}

// settle looks after the entry when the outcome of Create is known. One whose
// record may still come stays.
func (s *Store) settle(ctx context.Context, rec *coatcheck.Record, entry string, start time.Time, err error) {
	switch {
	case errors.Is(err, coatcheck.ErrExists), errors.Is(err, coatcheck.ErrFull), errors.Is(err, coatcheck.ErrCorrupt):
		s.forget(rec.Owner, rec.ID, entry)
	case err == nil && time.Since(start) > slow:
		// Somebody may have taken it for dead meanwhile.
		_, _ = s.enter(ctx, rec, entry)
	}
}

// forget takes an entry out of an index, some time or other.
func (s *Store) forget(owner string, id coatcheck.ID, entry string) {
	s.chores.add(func(ctx context.Context) { s.drop(ctx, s.keys.owner(owner), []string{id.String() + " " + entry}) })
}

// drop takes members out of an index. What fails is tried again by others.
func (s *Store) drop(ctx context.Context, index string, members []string) {
	_, _ = s.send(ctx, s.link, command{op: "index", words: []string{"ZREM"}, keys: []string{index}, args: members})
}

// leaver reads the answer of a script by which a record has left its owner.
func leaver(msg valkey.ValkeyMessage) (owner, entry string, ok bool) {
	if !msg.IsArray() {
		return "", "", false
	}
	pair, err := msg.AsStrSlice()
	if err != nil || len(pair) != 2 {
		return "", "", false
	}
	return pair[0], pair[1], true
}

// An entry is a member of an index.
type entry struct {
	id     coatcheck.ID
	member string
	own    string    // the part behind the ID
	ends   time.Time // the deadline of its record
	born   time.Time // by the server's clock
}

// parseEntry reads a member. What is none may be one of a later release, and is
// left alone.
func parseEntry(member string) (e entry, ok bool) {
	digits, own, _ := strings.Cut(member, " ")
	id, err := coatcheck.ParseID(digits)
	p := parser{rest: own + " "}
	ends := p.time()
	micros := p.time().UnixMilli()
	return entry{id, member, own, ends, time.UnixMicro(micros)}, err == nil && !p.bad && p.rest == ""
}

// page reads up to limit members of an index, beginning behind an ID in digits
// ("" is the start), and the server's time.
func (s *Store) page(ctx context.Context, index, behind string, limit int) (members []string, now time.Time, err error) {
	from := "-"
	if behind != "" {
		from = "(" + behind + "!" // what follows the space behind the ID
	}
	msg, err := s.run(ctx, "owned", pageScript, []string{index}, []string{from, itoa(limit)})
	if err != nil {
		return nil, now, err
	}
	pair, err := msg.ToArray()
	if err == nil && len(pair) == 2 {
		var ms int64
		if ms, err = pair[0].ToInt64(); err == nil {
			members, err = pair[1].AsStrSlice()
		}
		now = time.UnixMilli(ms)
	}
	return members, now, err
}

// sift returns the entries of members that are not dead, and takes those that
// are out of the index.
func (s *Store) sift(ctx context.Context, index string, members []string, now time.Time) (alive []entry, err error) {
	var entries, old []entry
	var dead []string
	for _, m := range members {
		e, ok := parseEntry(m)
		switch {
		case !ok:
		case now.Sub(e.born) < underWay:
			entries = append(entries, e)
		default:
			entries, old = append(entries, e), append(old, e)
		}
	}
	known, err := s.entriesOf(ctx, old)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if own, asked := known[e.member]; asked && own != e.own {
			dead = append(dead, e.member)
			continue
		}
		alive = append(alive, e)
	}
	if len(dead) > 0 {
		s.drop(ctx, index, dead)
	}
	return alive, nil
}

// entriesOf asks the records of entries what entry they know.
func (s *Store) entriesOf(ctx context.Context, entries []entry) (map[string]string, error) {
	ids := make([]coatcheck.ID, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	known := make(map[string]string, len(entries))
	err := s.each(ctx, ids, []string{"entry"}, func(i int, values []valkey.ValkeyMessage) {
		known[entries[i].member], _ = values[0].ToString()
	})
	return known, err
}
