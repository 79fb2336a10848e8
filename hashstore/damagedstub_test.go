package hashstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// endedElsewhere makes a store in which a session was ended by a record in another
// segment than the one that it had before, which is damaged then.
func endedElsewhere(t *testing.T, path string, o hashstore.Options, owner string) (*hashstore.Store, *coatcheck.Record) {
	t.Helper()
	s := open(t, path, o)
	rec := record(owner, 1000)
	must(t, s.Create(t.Context(), rec))
	for range 300 {
		must(t, s.Create(t.Context(), record("bob", 1000)))
	}
	next := *rec
	next.Version, next.Deadline, next.Expires = 2, rec.Created.Add(time.Minute), rec.Created.Add(time.Minute)
	must(t, s.Replace(t.Context(), &next, 1))
	must(t, s.Sync(t.Context()))
	hashstore.SpoilHead(t, s, rec.ID)
	return s, rec
}

// What ends a session is damaged, and is taken out of the index for that. The
// record that it stood against does not come back when the machine has stopped.
func TestWhatADamagedRecordEndedStaysAway(t *testing.T) {
	for name, drop := range map[string]func(t *testing.T, s *hashstore.Store, now *time.Time){
		"swept": func(t *testing.T, s *hashstore.Store, now *time.Time) {
			*now = now.Add(2 * time.Minute)
			if n := sweepAll(t, s, *now); n != 1 {
				t.Errorf("%d sessions were swept, want 1", n)
			}
		},
		"evicted": func(t *testing.T, s *hashstore.Store, now *time.Time) {
			must(t, s.Create(t.Context(), record("bob", 100)))
		},
		"compacted": func(t *testing.T, s *hashstore.Store, now *time.Time) {
			must(t, hashstore.TryCompact(s))
			must(t, s.Sync(t.Context()))
			hashstore.FreeEmptied(t, s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			forms(t, func(t *testing.T, o hashstore.Options) {
				now := time.Now()
				o.MaxBytes, o.SweepInterval, o.Durability = 8<<20, hashstore.NoSweep, hashstore.Interval(time.Hour)
				o.Now = func() time.Time { return now }
				owner := "alice"
				if name == "evicted" {
					owner, o.MaxSessions = "", 301
				}
				path := filepath.Join(fastDir(t), "sessions")
				s, rec := endedElsewhere(t, path, o, owner)
				drop(t, s, &now)
				must(t, s.Sync(t.Context()))
				gone(t, s, rec.ID, "a damaged session")
				now = time.Now()
				gone(t, reborn(t, path, o), rec.ID, "a session that was ended")
			})
		})
	}
}
