package hashstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A process that takes the seat of a dead one does not make what that one held
// look like its own, or like that of somebody alive.
func TestSeatOfTheDeadKeepsNoLock(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.Durability, o.SweepInterval = hashstore.Always(), hashstore.NoSweep
		for _, first := range []string{"heir", "witness"} {
			t.Run(first, func(t *testing.T) {
				path := filepath.Join(fastDir(t), "sessions")
				doomed, witness := open(t, path, o), open(t, path, o)
				rec := record("alice", 100)
				must(t, doomed.Create(t.Context(), rec))
				hashstore.DieHolding(t, doomed)
				heir := open(t, path, o)
				users := []*hashstore.Store{heir, witness}
				if first == "witness" {
					users = []*hashstore.Store{witness, heir}
				}
				for _, s := range users {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					if err := s.Create(ctx, record("bob", 100)); err != nil {
						t.Fatalf("Create after somebody died with the lock: %v", err)
					}
					if _, err := s.Load(ctx, rec.ID); err != nil {
						t.Errorf("Load: %v", err)
					}
					cancel()
				}
				sound(t, path)
			})
		}
	})
}

// A waitingDisk calls something the next time that the store waits for the disk,
// without any lock.
type waitingDisk struct {
	hashstore.Disk
	meanwhile *func()
}

func (d waitingDisk) call() {
	if f := *d.meanwhile; f != nil {
		*d.meanwhile = nil
		f()
	}
}

func (d waitingDisk) SyncRange(p []byte, off int64) error {
	d.call()
	return d.Disk.SyncRange(p, off)
}

func (d waitingDisk) WriteSync(p []byte, off int64) error {
	d.call()
	return d.Disk.WriteSync(p, off)
}

// A segment that is to be freed is freed by somebody else, and taken by a
// writer, while the disk is waited for: its state may be the same again, it is
// another all the same.
func TestSegmentThatWasTakenAgainIsNotFreed(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.Durability, o.SweepInterval, o.Logger = 8<<20, hashstore.Interval(time.Hour), hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		var meanwhile func()
		slow, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		quick := open(t, path, o)
		for range 4 {
			fillSegment(t, quick)
		}
		must(t, quick.Create(t.Context(), record("carol", 10)))
		var recs []*coatcheck.Record
		called := false
		meanwhile = func() {
			called = true
			must(t, quick.Compact(t.Context()))
			for range 1000 { // into what was freed just now
				rec := record("alice", 1000)
				must(t, quick.Create(t.Context(), rec))
				recs = append(recs, rec)
			}
		}
		must(t, slow.Compact(t.Context()))
		if !called {
			t.Fatal("the disk was not waited for")
		}
		for _, rec := range recs {
			if _, err := slow.Load(t.Context(), rec.ID); err != nil {
				t.Fatalf("Load of a record in a segment that was taken again: %v", err)
			}
		}
		sound(t, path)
	})
}

// The same, but now it is full of dead records once more, and has been emptied:
// what was moved out of it this time is not on the disk yet.
func TestSegmentThatWasEmptiedAgainIsNotFreed(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		hashstore.WrapByPath(t)
		o.MaxBytes, o.Durability, o.SweepInterval, o.Logger = 8<<20, hashstore.Interval(time.Hour), hashstore.NoSweep, quiet
		path := filepath.Join(fastDir(t), "sessions")
		var meanwhile func()
		slow, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		quick := open(t, path, o)
		empty := func() []int {
			for range 4 {
				fillSegment(t, quick)
			}
			for range 100 {
				hashstore.CompactStep(t, quick, 64<<10)
			}
			return hashstore.Emptied(t, quick)
		}
		before := empty()
		var again []int
		meanwhile = func() {
			hashstore.FreeEmptied(t, quick)
			again = empty()
		}
		hashstore.FreeEmptied(t, slow)
		if !slices.ContainsFunc(again, func(n int) bool { return slices.Contains(before, n) }) {
			t.Fatalf("emptied %v, then %v: none was emptied again", before, again)
		}
		if after := hashstore.Emptied(t, slow); !slices.Equal(after, again) {
			t.Errorf("segments %v were emptied meanwhile; only %v have not been freed", again, after)
		}
	})
}

// The segments of a large record are empty until it is published, and are not
// given to anybody else.
func TestSegmentOfALiveWriterIsNotReclaimed(t *testing.T) {
	needsMap(t)
	for _, size := range []int{1000, 600_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			hashstore.WrapByPath(t)
			o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.Always(), SweepInterval: hashstore.NoSweep, Logger: quiet}
			path := filepath.Join(fastDir(t), "sessions")
			var meanwhile func()
			slow, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk { return waitingDisk{d, &meanwhile} })
			if err != nil {
				t.Fatal(err)
			}
			defer slow.Close()
			must(t, slow.Create(t.Context(), record("", 10)))
			o.Durability = hashstore.Interval(time.Hour)
			quick := open(t, path, o)
			called := false
			meanwhile = func() {
				called = true
				for range 3 {
					fillSegment(t, quick)
					must(t, quick.Compact(t.Context()))
				}
			}
			rec := record("alice", size)
			must(t, slow.Create(t.Context(), rec))
			if !called {
				t.Fatal("the disk was not waited for")
			}
			for _, s := range []*hashstore.Store{slow, quick} {
				if got, err := s.Load(t.Context(), rec.ID); err != nil || len(got.Data) != size {
					t.Errorf("Load of what was written meanwhile: %v", err)
				}
			}
			sound(t, path)
		})
	}
}

// atOnce makes changes while somebody else holds the lock, so that all but the
// first of them go to the disk together, in their order.
func atOnce(t *testing.T, s, holder *hashstore.Store, recs []*coatcheck.Record) {
	t.Helper()
	var all sync.WaitGroup
	create := func(rec *coatcheck.Record) {
		all.Go(func() { must(t, s.Create(context.Background(), rec)) })
	}
	await := func(want int) {
		for n, under := hashstore.Waiting(s); n != want || !under; n, under = hashstore.Waiting(s) {
			runtime.Gosched()
		}
	}
	hashstore.Hold(t, holder, func() {
		create(recs[0])
		await(0)
		for i, rec := range recs[1:] {
			create(rec)
			await(i + 1)
		}
	})
	all.Wait()
}

// What does not fit into a segment goes to the next one, and not into whatever
// follows it in the file: also when making room has filled what there was.
func TestFullSegmentDoesNotOverrunItsNeighbour(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		const guests = 20
		o.MaxBytes, o.SweepInterval, o.Durability = 16<<20, hashstore.NoSweep, hashstore.Always()
		o.MaxSessions = 6 * 12
		path := filepath.Join(fastDir(t), "sessions")
		s, holder := open(t, path, o), open(t, path, o)
		for range guests {
			must(t, s.Create(t.Context(), record("", 5000)))
		}
		var recs []*coatcheck.Record
		for round := range 6 {
			batch := make([]*coatcheck.Record, 12)
			for i := range batch {
				batch[i] = record("alice", 10_000+3333*i+round)
			}
			atOnce(t, s, holder, batch) // 384 KB into segments of 256; at last guests make room
			recs = append(recs, batch...)
		}
		for _, rec := range recs {
			if got, err := s.Load(t.Context(), rec.ID); err != nil || len(got.Data) != len(rec.Data) {
				t.Fatalf("Load: %v", err)
			}
		}
		sound(t, path)
	})
}

// What is live in each segment is counted under the lock: however many change
// it, it is never less than nothing.
func TestLiveCountsNeverUnderflow(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		o.MaxBytes, o.SweepInterval, o.Durability = 16<<20, hashstore.NoSweep, hashstore.None()
		path := filepath.Join(fastDir(t), "sessions")
		users := []*hashstore.Store{open(t, path, o), open(t, path, o)}
		changes := 1500
		if o.Portable || !hashstore.CanMap {
			changes = 150
		}
		var all sync.WaitGroup
		for i := range 4 {
			s := users[i%2]
			all.Go(func() { churn(t, s, changes, i) })
		}
		watch := make(chan struct{})
		var watching sync.WaitGroup
		watching.Go(func() {
			for {
				select {
				case <-watch:
					return
				default:
					must(t, hashstore.SoundCounts(users[0]))
					must(t, users[0].Compact(t.Context()))
				}
			}
		})
		all.Wait()
		close(watch)
		watching.Wait()
		must(t, hashstore.SoundCounts(users[1]))
		if st, err := users[1].Stat(t.Context()); err != nil || st.Records != 0 || st.Bytes != 0 {
			t.Errorf("Stat when all is deleted: %+v, %v", st, err)
		}
		sound(t, path)
	})
}

// churn creates, replaces and deletes sessions of one user, and leaves none.
func churn(t *testing.T, s *hashstore.Store, changes, user int) {
	ctx := context.Background()
	recs := map[int]*coatcheck.Record{}
	for n := range changes {
		i := n * 7 % 31
		rec := recs[i]
		switch {
		case rec == nil:
			recs[i] = record(fmt.Sprint("user", user), 100+n)
			must(t, s.Create(ctx, recs[i]))
		case n%3 == 0:
			must(t, s.Delete(ctx, rec.ID))
			delete(recs, i)
		default:
			next := *rec
			next.Version++
			must(t, s.Replace(ctx, &next, rec.Version))
			recs[i] = &next
		}
	}
	for _, rec := range recs {
		must(t, s.Delete(ctx, rec.ID))
	}
}
