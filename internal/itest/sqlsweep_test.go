package itest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// sweepAll sweeps to the end and returns how many records that deleted.
func sweepAll(ctx context.Context, s *sqlstore.Store, before time.Time, limit int) (n int, err error) {
	for cursor := ""; ; {
		r, err := s.Sweep(ctx, before, cursor, limit)
		n += r.Deleted
		if err != nil || r.Next == "" {
			return n, err
		}
		cursor = r.Next
	}
}

// TestSQLSweepByTen: ten instances sweep at once, while live sessions are used;
// together they delete each expired record once, and no live one.
func TestSQLSweepByTen(t *testing.T) {
	const dead, live, instances = 2000, 100, 10
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		first := db.store(t, sqlstore.Options{})
		now := time.Now()
		for i := range dead {
			must(t, first.Create(t.Context(), sqlRecord(i, now.Add(-time.Duration(i%7+1)*time.Hour))))
		}
		for i := range live {
			must(t, first.Create(t.Context(), sqlRecord(dead+i, now)))
		}
		var deleted atomic.Int64
		var sweepers, users sync.WaitGroup
		stop := make(chan struct{})
		for u := range 2 {
			users.Go(func() {
				for i := u; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					id := sqlRecord(dead+i%live, now).ID
					if err := first.Touch(t.Context(), id, now.Add(time.Hour+time.Duration(i)*time.Millisecond)); err != nil {
						t.Errorf("Touch during a sweep: %v", err)
						return
					}
				}
			})
		}
		for range instances {
			s := db.store(t, sqlstore.Options{})
			sweepers.Go(func() {
				n, err := sweepAll(t.Context(), s, now, 50)
				if err != nil {
					t.Errorf("Sweep: %v", err)
				}
				deleted.Add(int64(n))
			})
		}
		sweepers.Wait()
		close(stop)
		users.Wait()
		// What one instance had locked, another has passed over.
		rest, err := sweepAll(t.Context(), first, now, 50)
		must(t, err)
		if n := int(deleted.Load()) + rest; n != dead {
			t.Errorf("deleted are %d, want %d", n, dead)
		}
		if stat, err := first.Stat(t.Context()); err != nil || stat.Records != live {
			t.Errorf("left are %d, %v, want %d", stat.Records, err, live)
		}
	})
}

// The size of the great sweep.
const (
	greatDead = 1_000_000
	greatLive = 50_000
)

// lockWait is how long a statement may wait for a lock until the server says so
// in its log.
const lockWait = "50ms"

// TestPostgresGreatSweep: a sweep of a million records makes no request wait
// for a lock.
func TestPostgresGreatSweep(t *testing.T) {
	dead, live := scale(20_000, greatDead), scale(2_000, greatLive)
	server, source := ownPostgres(t, "-c", "log_lock_waits=on", "-c", "deadlock_timeout="+lockWait, "-c", "shared_buffers=512MB",
		"-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=1h", "-c", "wal_level=minimal", "-c", "max_wal_senders=0")
	pool, err := openDB("pgx", source)
	must(t, err)
	defer pool.Close()
	db := sqlDatabase{pool, "postgres", "great"}
	s := db.store(t, sqlstore.Options{})
	began := time.Now()
	now := began.UTC().Truncate(time.Millisecond)
	db.do(t, "DROP INDEX great_bucket", "DROP INDEX great_owner") // and made again when all are there
	multiply(t, db, s, now.Add(-2*time.Hour), 0, dead)
	multiply(t, db, s, now, dead, live)
	must(t, s.Migrate(t.Context()))
	db.do(t, "ANALYZE great")
	t.Logf("%d expired and %d live records are there after %v", dead, live, time.Since(began).Round(time.Millisecond))

	before := traffic(t, s, dead, live, func() { <-time.After(time.Duration(scale(500, 5000)) * time.Millisecond) })
	var deleted int
	var slowest time.Duration
	began = time.Now()
	during := traffic(t, s, dead, live, func() {
		for cursor := ""; ; {
			at := time.Now()
			r, err := s.Sweep(t.Context(), now.Add(-time.Hour), cursor, 500)
			must(t, err)
			slowest = max(slowest, time.Since(at))
			deleted += r.Deleted
			if cursor = r.Next; cursor == "" {
				return
			}
		}
	})
	t.Logf("swept %d in %v, the slowest batch in %v", deleted, time.Since(began).Round(time.Millisecond), slowest)
	t.Logf("requests before the sweep: %v; during it: %v", before, during)
	if deleted != dead {
		t.Errorf("deleted are %d, want %d", deleted, dead)
	}
	if stat, err := s.Stat(t.Context()); err != nil || stat.Records != int64(live) {
		t.Errorf("left are %d, %v, want %d", stat.Records, err, live)
	}
	if log := server.Log(); containsLockWait(log) {
		t.Errorf("somebody waited for a lock for more than %s:\n%s", lockWait, log)
	}
}

// multiply adds n records like one that the store has written, in the order of
// their keys, which is much faster than another.
func multiply(t *testing.T, db sqlDatabase, s *sqlstore.Store, at time.Time, from, n int) {
	t.Helper()
	pattern := sqlRecord(0, at)
	pattern.ID = coatcheck.ID{0xff, byte(from)}
	must(t, s.Create(t.Context(), pattern))
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %s (id, owner, data, head, deadline, expires, bucket, version)
SELECT sha256(convert_to('great ' || i, 'UTF8')) AS key, owner, data, head, deadline, expires, bucket, version
FROM %[1]s, generate_series($2::int, $3::int) i WHERE id = $1 ORDER BY key`,
		db.table), pattern.ID[:], from, from+n-1)
	must(t, err)
	must(t, s.Delete(t.Context(), pattern.ID))
}

// latencies are how long requests took.
type latencies []time.Duration

func (l latencies) String() string {
	if len(l) == 0 {
		return "none"
	}
	slices.Sort(l)
	return fmt.Sprintf("%d, p50 %v, p99 %v, max %v", len(l), l[len(l)/2], l[len(l)*99/100], l[len(l)-1])
}

// traffic uses live sessions while something runs.
func traffic(t *testing.T, s *sqlstore.Store, from, n int, something func()) latencies {
	t.Helper()
	var all latencies
	var mu sync.Mutex
	var users sync.WaitGroup
	done := make(chan struct{})
	for u := range 2 {
		users.Go(func() {
			var own latencies
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			for i := u; ; i += 7 {
				select {
				case <-done:
					mu.Lock()
					all = append(all, own...)
					mu.Unlock()
					return
				case <-tick.C:
				}
				id := greatID(from + i%n)
				at := time.Now()
				_, err := s.Load(t.Context(), id)
				if err == nil {
					err = s.Touch(t.Context(), id, at.Add(time.Hour+time.Duration(i)*time.Millisecond))
				}
				if err != nil {
					t.Errorf("a live session: %v", err)
				}
				own = append(own, time.Since(at))
			}
		})
	}
	something()
	close(done)
	users.Wait()
	return all
}

// TestSQLSweepPassesOverLockedRows: a sweep does not wait for a row that
// somebody else has locked; the next one takes it.
func TestSQLSweepPassesOverLockedRows(t *testing.T) {
	for _, name := range []string{"postgres", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			db := database(t, name)
			s := db.store(t, sqlstore.Options{})
			now := time.Now()
			for i := range 10 {
				must(t, s.Create(t.Context(), sqlRecord(i, now.Add(-time.Hour))))
			}
			tx, err := db.BeginTx(t.Context(), nil)
			must(t, err)
			defer tx.Rollback() // or it is over
			mark := map[string]string{"postgres": "$1", "mariadb": "?"}[name]
			id := sqlRecord(3, now).ID
			_, err = tx.ExecContext(t.Context(), "UPDATE "+db.table+" SET expires = expires - 1 WHERE id = "+mark, id[:])
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if n, err := sweepAll(ctx, s, now, 4); n != 9 || err != nil {
				t.Errorf("beside a locked row, deleted are %d, %v, want 9", n, err)
			}
			must(t, tx.Commit())
			if n, err := sweepAll(ctx, s, now, 4); n != 1 || err != nil {
				t.Errorf("when it is free, deleted are %d, %v, want 1", n, err)
			}
		})
	}
}

// TestSQLSweepPassesOverForeignRows: a row with an ID that is none of ours, put
// there by somebody else, is swept like any other.
func TestSQLSweepPassesOverForeignRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db sqlDatabase) {
		s := db.store(t, sqlstore.Options{})
		now := time.Now()
		for i := range 10 {
			must(t, s.Create(t.Context(), sqlRecord(i, now.Add(-time.Hour))))
		}
		id := map[string]string{"postgres": `'\x7801'`, "mariadb": "x'7801'", "sqlite": "x'7801'"}[db.name]
		db.do(t, "INSERT INTO "+db.table+" SELECT "+id+", owner, data, head, deadline, expires, bucket, version FROM "+db.table+" LIMIT 1")
		if n, err := sweepAll(t.Context(), s, now, 3); n != 11 || err != nil {
			t.Errorf("deleted are %d, %v, want 11", n, err)
		}
	})
}
