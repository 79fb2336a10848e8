package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// limited returns a store for n sessions of which anonymous ones may be half.
func limited(n int) (*memstore.Store, *clock) {
	o, c := at()
	o.MaxSessions = n
	return memstore.New(o), c
}

// fill creates the sessions from to below.
func fill(t testing.TB, s *memstore.Store, from, below int, owner string) {
	t.Helper()
	for n := from; n < below; n++ {
		must(t, s.Create(context.Background(), session(n, owner)))
	}
}

func TestMembersAreRefusedWhenOnlyMembersAreLeft(t *testing.T) {
	s, _ := limited(10)
	fill(t, s, 0, 10, "ann")
	err := s.Create(context.Background(), session(10, "ann"))
	wants(t, err, coatcheck.ErrFull)
	if !strings.Contains(err.Error(), "Options.MaxSessions") {
		t.Errorf("error %q does not name the limit", err)
	}
	wants(t, s.Create(context.Background(), session(11, "")), coatcheck.ErrFull)
	for n := range 10 {
		has(t, s, n, true)
	}
	has(t, s, 10, false)
	if st := stat(t, s); st.Records != 10 || st.Refused != 2 || st.Evicted != 0 || st.MaxRecords != 10 {
		t.Errorf("figures are %+v", st)
	}
	must(t, s.Delete(context.Background(), idOf(3)))
	fill(t, s, 10, 11, "ann")
}

func TestAnonymousSessionsKeepToTheirShare(t *testing.T) {
	s, _ := limited(10)
	fill(t, s, 0, 8, "")
	for n := range 8 {
		has(t, s, n, n >= 3)
	}
	if st := stat(t, s); st.Records != 5 || st.Anonymous != 5 || st.Evicted != 3 || st.Refused != 0 {
		t.Errorf("figures are %+v", st)
	}
}

func TestAnonymousShareCanBeSet(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  int64
	}{{0.3, 3}, {1, 10}, {0.01, 1}} {
		o, _ := at()
		o.MaxSessions, o.AnonymousShare = 10, c.share
		s := memstore.New(o)
		fill(t, s, 0, 20, "")
		if st := stat(t, s); st.Records != c.want {
			t.Errorf("share %v: %d anonymous sessions, want %d", c.share, st.Records, c.want)
		}
	}
}

func TestAMemberTakesThePlaceOfAnAnonymousSession(t *testing.T) {
	s, _ := limited(10)
	fill(t, s, 0, 5, "")
	fill(t, s, 5, 15, "ann")
	for n := range 15 {
		has(t, s, n, n >= 5)
	}
	if st := stat(t, s); st.Evicted != 5 || st.Anonymous != 0 {
		t.Errorf("figures are %+v", st)
	}
}

func TestAnAnonymousSessionTakesThePlaceOfAnother(t *testing.T) {
	s, _ := limited(10)
	fill(t, s, 0, 8, "ann")
	fill(t, s, 8, 14, "")
	for n := range 14 {
		has(t, s, n, n < 8 || n >= 12)
	}
}

func TestASessionThatIsUsedStays(t *testing.T) {
	uses := map[string]func(s *memstore.Store, n int) error{
		"Load": func(s *memstore.Store, n int) error {
			_, err := s.Load(context.Background(), idOf(n))
			return err
		},
		"Replace": func(s *memstore.Store, n int) error {
			return s.Replace(context.Background(), next(session(n, ""), "used"), 1)
		},
		"Touch": func(s *memstore.Store, n int) error {
			return s.Touch(context.Background(), idOf(n), start.Add(time.Hour))
		},
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			s, _ := limited(20)
			fill(t, s, 0, 10, "")
			for n := range 5 {
				must(t, use(s, n))
			}
			fill(t, s, 10, 15, "")
			for n := range 15 {
				has(t, s, n, n < 5 || n >= 10)
			}
		})
	}
}

func TestAnEvictionTakesSomebodyEvenIfAllAreInUse(t *testing.T) {
	s, _ := limited(200)
	fill(t, s, 0, 100, "")
	for n := range 100 {
		has(t, s, n, true) // a Load
	}
	fill(t, s, 100, 101, "")
	for n := range 101 {
		has(t, s, n, n != memstore.Chances) // nobody looks at all of them
	}
	if st := stat(t, s); st.Records != 100 || st.Evicted != 1 {
		t.Errorf("figures are %+v", st)
	}
}

func TestExpiredRecordsMakeRoomFirst(t *testing.T) {
	for _, owner := range []string{"", "ann"} {
		s, c := limited(10)
		fill(t, s, 0, 3, "ann")
		fill(t, s, 3, 5, "")
		c.add(10 * time.Minute)
		for n := 5; n < 10; n++ {
			rec := session(n, "ann")
			rec.Expires = start.Add(time.Hour)
			must(t, s.Create(context.Background(), rec))
		}
		must(t, s.Touch(context.Background(), idOf(4), start.Add(time.Hour)))
		c.add(20 * time.Minute) // 0 to 3 have expired; 4 was touched
		for n := 10; n < 14; n++ {
			rec := session(n, owner)
			rec.Expires = start.Add(time.Hour)
			must(t, s.Create(context.Background(), rec))
		}
		for n := 4; n < 14; n++ {
			has(t, s, n, true)
		}
		if st := stat(t, s); st.Records != 10 || st.Evicted != 0 {
			t.Errorf("owner %q: figures are %+v", owner, st)
		}
	}
}

func TestWhatIsLeftOfALoginIsNoAnonymousSession(t *testing.T) {
	s, _ := limited(4)
	fill(t, s, 0, 4, "ann")
	must(t, s.Replace(context.Background(), stub(session(0, "ann")), 1))
	if st := stat(t, s); st.Anonymous != 1 {
		t.Errorf("%d records without an owner, want 1", st.Anonymous)
	}
	wants(t, s.Create(context.Background(), session(4, "ann")), coatcheck.ErrFull)
	has(t, s, 0, true)
}

func TestBytesAreLimited(t *testing.T) {
	o, _ := at()
	o.MaxBytes = 10 * (memstore.Overhead + 1000)
	s := memstore.New(o)
	ctx := context.Background()
	sized := func(n int, owner string, size int) *coatcheck.Record {
		rec := session(n, owner)
		rec.Meta, rec.Data = nil, make([]byte, size-len(owner))
		return rec
	}
	for n := range 5 {
		must(t, s.Create(ctx, sized(n, "", 1000)))
	}
	for n := 5; n < 10; n++ {
		must(t, s.Create(ctx, sized(n, "ann", 1000)))
	}
	if st := stat(t, s); st.Bytes != o.MaxBytes || st.MaxBytes != o.MaxBytes {
		t.Fatalf("figures are %+v, want %d bytes", st, o.MaxBytes)
	}

	// One that grows takes the place of those next in the queue, but never
	// its own.
	grown := sized(0, "", 1001)
	grown.Version = 2
	must(t, s.Replace(ctx, grown, 1))
	has(t, s, 0, true)
	has(t, s, 1, false)

	// A member takes as many places as it needs.
	must(t, s.Create(ctx, sized(10, "ann", 2*1000+memstore.Overhead)))
	if st := stat(t, s); st.Evicted != 3 || st.Bytes > o.MaxBytes {
		t.Fatalf("figures are %+v, want 3 evictions", st)
	}

	// Nobody is evicted in vain.
	before := stat(t, s)
	wants(t, s.Create(ctx, sized(11, "ann", 5000)), coatcheck.ErrFull)
	if st := stat(t, s); st.Evicted != before.Evicted || st.Bytes != before.Bytes {
		t.Errorf("figures are %+v after a refusal, want %+v", st, before)
	}
}

func TestAReplaceThatFindsNoRoomLeavesTheOldRecord(t *testing.T) {
	o, _ := at()
	o.MaxBytes = 4 * memstore.Overhead
	s := memstore.New(o)
	ctx := context.Background()
	fill(t, s, 0, 3, "ann")
	rec := next(session(0, "ann"), strings.Repeat("x", memstore.Overhead))
	err := s.Replace(ctx, rec, 1)
	wants(t, err, coatcheck.ErrFull)
	if !strings.Contains(err.Error(), "Options.MaxBytes") {
		t.Errorf("error %q does not name the limit", err)
	}
	got, err := s.Load(ctx, idOf(0))
	must(t, err)
	if got.Version != 1 || string(got.Data) != `{"n":0}` {
		t.Errorf("record is %+v, want the old one", got)
	}
	wants(t, s.Replace(ctx, rec, 7), coatcheck.ErrConflict)
	must(t, s.Replace(ctx, next(session(0, "ann"), "small"), 1))
}

func TestTheOnlyAnonymousSessionIsNotEvictedForItself(t *testing.T) {
	o, _ := at()
	o.MaxBytes = 4 * memstore.Overhead
	s := memstore.New(o)
	fill(t, s, 0, 2, "ann")
	fill(t, s, 2, 3, "")
	err := s.Replace(context.Background(), next(session(2, ""), strings.Repeat("x", memstore.Overhead-9)), 1)
	wants(t, err, coatcheck.ErrFull)
	has(t, s, 2, true)
}

func TestARecordThatNeverFitsIsTooLarge(t *testing.T) {
	o, _ := at()
	o.MaxBytes = 10 * memstore.Overhead
	s := memstore.New(o)
	ctx := context.Background()
	fill(t, s, 0, 2, "")
	for owner, size := range map[string]int{"": 5 * memstore.Overhead, "ann": 10 * memstore.Overhead} {
		rec := session(9, owner)
		rec.Data = make([]byte, size)
		wants(t, s.Create(ctx, rec), coatcheck.ErrTooLarge)
	}
	big := next(session(0, ""), strings.Repeat("x", 10*memstore.Overhead))
	wants(t, s.Replace(ctx, big, 1), coatcheck.ErrTooLarge)
	has(t, s, 0, true)
	has(t, s, 1, true)
}

func TestLimitsCanBeSwitchedOff(t *testing.T) {
	o, _ := at()
	o.MaxSessions, o.MaxBytes = memstore.NoLimit, memstore.NoLimit
	s := memstore.New(o)
	fill(t, s, 0, 2000, "")
	if st := stat(t, s); st.Records != 2000 || st.MaxRecords != 0 || st.MaxBytes != 0 {
		t.Errorf("figures are %+v", st)
	}
}

// A record whose length a snapshot could not hold is refused without limits,
// too.
func TestThereIsALimitWithoutLimits(t *testing.T) {
	o, _ := at()
	o.MaxBytes = memstore.NoLimit
	s := memstore.New(o)
	fill(t, s, 0, 1, "ann")
	huge := make([]byte, memstore.MaxRecord) // costs nothing: nobody looks into it
	rec := session(1, "ann")
	rec.Data = huge
	wants(t, s.Create(context.Background(), rec), coatcheck.ErrTooLarge)
	rec = next(session(0, "ann"), "")
	rec.Data = huge
	wants(t, s.Replace(context.Background(), rec, 1), coatcheck.ErrTooLarge)
	has(t, s, 0, true)
}

func TestLimitsHoldExactlyUnderConcurrency(t *testing.T) {
	const limit, workers, each = 100, 8, 100
	s, _ := limited(limit)
	stop := make(chan struct{})
	var watch, work sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if st := stat(t, s); st.Records > limit {
				t.Errorf("%d records, over the limit of %d", st.Records, limit)
				return
			}
		}
	})
	var made atomic.Int64
	for w := range workers {
		work.Go(func() {
			for i := range each {
				n := w*each + i
				// Some in vain, to take and give back.
				err := s.Create(context.Background(), session(n-n%2, "ann"))
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, coatcheck.ErrFull) && !errors.Is(err, coatcheck.ErrExists):
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	close(stop)
	watch.Wait()
	if made.Load() != limit {
		t.Errorf("%d creations succeeded, want exactly %d", made.Load(), limit)
	}
}

// A flood at the limit must not search for whom to evict: with a look at each
// of 50,000 sessions for every creation this would take minutes.
func TestAFloodOfAnonymousSessions(t *testing.T) {
	const members, flood = 1000, 100_000
	o, _ := at()
	s := memstore.New(o)
	fill(t, s, 0, members, "ann")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() { fill(t, s, members+w*flood/4, members+(w+1)*flood/4, "") })
	}
	wg.Wait()
	st := stat(t, s)
	if st.Records != members+50_000 || st.Evicted != flood-50_000 || st.Refused != 0 {
		t.Errorf("figures are %+v", st)
	}
	for n := range members {
		has(t, s, n, true)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for field, o := range map[string]memstore.Options{
		"MaxSessions":      {MaxSessions: -2},
		"MaxBytes":         {MaxBytes: -2},
		"AnonymousShare":   {AnonymousShare: 1.5},
		"SnapshotInterval": {SnapshotInterval: time.Microsecond},
	} {
		complaint := fmt.Sprint(panicOf(func() { memstore.New(&o) }))
		if !strings.HasPrefix(complaint, "memstore: ") || !strings.Contains(complaint, "Options."+field+" ") {
			t.Errorf("New with a wrong %s: panic is %q", field, complaint)
		}
		_, err := memstore.Open(t.TempDir()+"/s", &o)
		wants(t, err, coatcheck.ErrInvalid)
	}
	for _, share := range []float64{-0.1, math.NaN(), math.Inf(1)} {
		if panicOf(func() { memstore.New(&memstore.Options{AnonymousShare: share}) }) == nil {
			t.Errorf("no panic for a share of %v", share)
		}
	}
}

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
