package memstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// A model does what the contract says, in the simplest way, without limits.
type model map[coatcheck.ID]*coatcheck.Record

func (m model) load(id coatcheck.ID, now time.Time) *coatcheck.Record {
	if rec := m[id]; rec != nil && rec.Live(now) {
		return rec
	}
	return nil
}

func (m model) create(rec *coatcheck.Record, now time.Time) error {
	if m.load(rec.ID, now) != nil {
		return coatcheck.ErrExists
	}
	m[rec.ID] = rec
	return nil
}

func (m model) replace(rec *coatcheck.Record, old uint64, now time.Time) error {
	cur := m.load(rec.ID, now)
	switch {
	case cur == nil:
		return coatcheck.ErrNotFound
	case cur.Version != old:
		return coatcheck.ErrConflict
	}
	m[rec.ID] = rec.Touched(cur.Expires)
	return nil
}

func (m model) touch(id coatcheck.ID, expires, now time.Time) error {
	cur := m.load(id, now)
	if cur == nil {
		return coatcheck.ErrNotFound
	}
	m[id] = cur.Touched(expires)
	return nil
}

// TestRandomOperations does the same to a store and to the model, and compares
// what they hold, what they list and what they count. The store has a file and
// is closed and opened again now and then.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(8) {
		o, c := at()
		o.MaxSessions, o.MaxBytes, o.SnapshotInterval = memstore.NoLimit, memstore.NoLimit, memstore.OnlyAtClose
		path := t.TempDir() + "/sessions"
		s := reopen(t, path, o)
		m := model{}
		rng := rand.New(rand.NewPCG(seed, 7))
		for step := range 4000 {
			if step%1000 == 999 {
				must(t, s.Close())
				s = reopen(t, path, o)
			}
			if got, want := operate(t, s, m, rng, c); !errors.Is(got, want) || want == nil && got != nil {
				t.Fatalf("seed %d, step %d: error is %v, want %v", seed, step, got, want)
			}
			if step%250 == 249 {
				compare(t, s, m, c.now())
			}
		}
		must(t, s.Close())
	}
}

func reopen(t *testing.T, path string, o *memstore.Options) *memstore.Store {
	t.Helper()
	s, err := memstore.Open(path, o)
	must(t, err)
	return s
}

// operate does one random thing to both and returns their errors.
func operate(t *testing.T, s *memstore.Store, m model, rng *rand.Rand, c *clock) (got, want error) {
	ctx, now := context.Background(), c.now()
	n := rng.IntN(150)
	id := idOf(n)
	owner := []string{"", "ann", "bob"}[n%3]
	expires := now.Add(time.Duration(rng.IntN(3600)) * time.Second)
	switch rng.IntN(12) {
	case 0, 1, 2:
		rec := session(n, owner)
		rec.Expires = expires
		return s.Create(ctx, rec), m.create(rec, now)
	case 3, 4, 5:
		rec := session(n, owner)
		rec.Data = make([]byte, rng.IntN(100))
		old := uint64(1)
		if cur := m.load(id, now); cur != nil && rng.IntN(5) > 0 {
			old = cur.Version
		}
		rec.Version, rec.Expires = old+1, expires
		return s.Replace(ctx, rec, old), m.replace(rec, old, now)
	case 6:
		cur := m.load(id, now)
		if cur == nil {
			return nil, nil
		}
		rec := stub(cur)
		rec.Deadline = now.Add(time.Minute)
		rec.Expires = rec.Deadline
		return s.Replace(ctx, rec, cur.Version), m.replace(rec, cur.Version, now)
	case 7, 8:
		return s.Touch(ctx, id, expires), m.touch(id, expires, now)
	case 9:
		delete(m, id)
		return s.Delete(ctx, id), nil
	case 10:
		_, err := s.Sweep(ctx, now, "", 1+rng.IntN(20))
		return err, nil
	default:
		c.add(time.Duration(rng.IntN(60)) * time.Second)
		return nil, nil
	}
}

// compare sweeps both and compares all that can be seen.
func compare(t *testing.T, s *memstore.Store, m model, now time.Time) {
	t.Helper()
	sweep(t, s, now, 7)
	var anonymous, bytes int64
	of := map[string]int{}
	for id, want := range m {
		if !want.Live(now) {
			delete(m, id)
			continue
		}
		got, err := s.Load(context.Background(), id)
		must(t, err)
		same(t, got, want)
		of[want.Owner]++
		bytes += int64(memstore.Overhead + len(want.Owner) + len(want.Meta) + len(want.Data))
	}
	anonymous = int64(of[""])
	if seen := listed(t, s, 7, func() {}); len(seen) != len(m) {
		t.Fatalf("%d records are listed, want %d", len(seen), len(m))
	}
	for _, owner := range []string{"ann", "bob"} {
		if seen := owned(t, s, owner, 7, func() {}); len(seen) != of[owner] {
			t.Fatalf("%q has %d entries, want %d", owner, len(seen), of[owner])
		}
	}
	if st := stat(t, s); st.Records != int64(len(m)) || st.Anonymous != anonymous || st.Bytes != bytes {
		t.Fatalf("figures are %+v, want %d, %d, %d", st, len(m), anonymous, bytes)
	}
}

// same compares two records.
func same(t testing.TB, got, want *coatcheck.Record) {
	t.Helper()
	if got.ID != want.ID || got.Owner != want.Owner || string(got.Data) != string(want.Data) ||
		string(got.Meta) != string(want.Meta) || got.Version != want.Version ||
		got.Created != want.Created || got.AuthTime != want.AuthTime ||
		got.Deadline != want.Deadline || got.Expires != want.Expires {
		t.Fatalf("record is\n%+v, want\n%+v", got, want)
	}
}
