package ring_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
)

// A moving is a ring whose members are changing, with records at old places.
type moving struct {
	early   *ring.Ring // knows of the change
	late    *ring.Ring // does not
	recs    []*coatcheck.Record
	changed []ring.Member
}

// newMoving stores n records in a ring of a, b and c, and adds d to it.
func newMoving(t *testing.T, n int, mem *memstore.Options) *moving {
	t.Helper()
	members := farm(4, mem)
	before := slices.Clone(members)
	before[3].Standby, before[3].Weight = true, 0
	x := &moving{early: newRing(t, before, nil), late: newRing(t, before, nil), changed: members}
	for range n {
		rec := newRecord()
		if err := x.late.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		x.recs = append(x.recs, rec)
	}
	if err := x.early.SetMembers(members); err != nil {
		t.Fatal(err)
	}
	return x
}

func fast(cursor string) *ring.RebalanceOptions {
	return &ring.RebalanceOptions{PerSecond: -1, Cursor: cursor}
}

// listed lists a ring, and checks that it shows each record once.
func (x *moving) listed(t *testing.T, r *ring.Ring, between func()) {
	t.Helper()
	seen, ids := walk(t, r, between)
	for _, rec := range x.recs {
		if seen[rec.ID] != 1 || ids[rec.ID] != 1 {
			t.Errorf("a record was listed %d times and found %d times by its owner", seen[rec.ID], ids[rec.ID])
		}
	}
}

// walk counts how often a ring lists each record, and finds it by its owner.
func walk(t *testing.T, r *ring.Ring, between func()) (seen, ids map[coatcheck.ID]int) {
	t.Helper()
	seen, ids = map[coatcheck.ID]int{}, map[coatcheck.ID]int{}
	for cursor := ""; ; between() {
		recs, next, err := r.List(t.Context(), cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range recs {
			seen[rec.ID]++
			if string(rec.Meta) != "meta" {
				t.Errorf("List shows the ring's own record %q", rec.Meta)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for cursor := ""; ; between() {
		owned, next, err := r.Owned(t.Context(), "owner", cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range owned {
			ids[id]++
		}
		if cursor = next; cursor == "" {
			return seen, ids
		}
	}
}

// Listings are complete, and show nothing twice, while sessions move.
func TestListingsDuringAChange(t *testing.T) {
	x := newMoving(t, 300, nil)
	x.listed(t, x.early, func() {})
	n := 0
	x.listed(t, x.early, func() {
		rec := x.recs[n]
		if err := x.early.Replace(t.Context(), next(rec), rec.Version); err != nil {
			t.Fatal(err)
		}
		n++
	})
	if x.early.Stats().Moved == 0 {
		t.Error("nothing moved meanwhile")
	}
	x.listed(t, x.late, func() {})
	if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
		t.Fatal(err)
	}
	x.listed(t, x.late, func() {})
	x.listed(t, x.early, func() {})
	if err := x.early.Conclude(); err != nil {
		t.Fatal(err)
	}
	x.listed(t, x.early, func() {})
}

func TestRebalanceIsResumable(t *testing.T) {
	x := newMoving(t, 1000, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opts := fast("")
	pages := 0
	opts.Report = func(p ring.Progress) {
		if pages++; pages == 5 {
			cancel()
		}
	}
	p, err := x.early.Rebalance(ctx, opts)
	if !errors.Is(err, context.Canceled) || p.Cursor == "" || p.Moved == 0 || p.Examined < 400 {
		t.Fatalf("cut short: %+v, %v", p, err)
	}
	if err := x.early.Conclude(); err == nil || !strings.Contains(err.Error(), "run one") {
		t.Errorf("Conclude before the end: %v", err)
	}
	rest, err := x.early.Rebalance(t.Context(), fast(p.Cursor))
	if err != nil || rest.Cursor != "" || rest.Left != 0 {
		t.Fatalf("the rest: %+v, %v", rest, err)
	}
	again, err := x.early.Rebalance(t.Context(), fast(""))
	if err != nil || again.Moved != 0 {
		t.Errorf("once more: %+v, %v", again, err)
	}
	plan, _ := x.late.Plan(x.changed)
	if got := float64(p.Moved+rest.Moved) / 1000; got < plan.Moves/2 || got > 2*plan.Moves {
		t.Errorf("%.2f of the sessions moved, the plan said %.2f", got, plan.Moves)
	}
	if err := x.early.Conclude(); err != nil {
		t.Errorf("Conclude: %v", err)
	}
	for _, rec := range x.recs {
		for _, r := range []*ring.Ring{x.early, x.late} {
			if got, err := r.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version {
				t.Fatalf("Load: %+v, %v", got, err)
			}
		}
	}
}

func TestRebalanceKeepsItsRate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		x := newMoving(t, 1000, nil)
		began := time.Now()
		p, err := x.early.Rebalance(t.Context(), &ring.RebalanceOptions{PerSecond: 200})
		if took := time.Since(began); err != nil || took < time.Duration(p.Examined-200)*time.Second/200 {
			t.Errorf("%d records took %v, %v", p.Examined, took, err)
		}
	})
}

// A session that its new member has no room for stays where it is, and works.
func TestFullMemberLeavesSessionsWhereTheyAre(t *testing.T) {
	members := farm(2, nil)
	members[1].Store = memstore.New(&memstore.Options{MaxSessions: 10})
	x := &moving{early: newRing(t, members[:1], nil)}
	for range 100 {
		rec := newRecord()
		if err := x.early.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		x.recs = append(x.recs, rec)
	}
	if err := x.early.SetMembers(members); err != nil {
		t.Fatal(err)
	}
	p, err := x.early.Rebalance(t.Context(), fast(""))
	if !errors.Is(err, coatcheck.ErrFull) || p.Left < 20 || p.Moved != 10 {
		t.Fatalf("Rebalance: %+v, %v", p, err)
	}
	if err := x.early.Conclude(); err == nil {
		t.Error("Conclude although sessions were left")
	}
	for _, rec := range x.recs {
		if err := x.early.Replace(t.Context(), next(rec), rec.Version); err != nil {
			t.Fatal(err)
		}
		if err := x.early.Touch(t.Context(), rec.ID, rec.Deadline); err != nil {
			t.Fatal(err)
		}
		if err := x.early.Delete(t.Context(), rec.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.early.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

// A process that starts during a change is told of the members before it.
func TestFormerMembersAreLookedAt(t *testing.T) {
	x := newMoving(t, 100, nil)
	before := slices.Clone(x.changed[:3])
	third := newRing(t, x.changed, &ring.Options{Former: before})
	for _, rec := range x.recs {
		if err := third.Replace(t.Context(), next(rec), rec.Version); err != nil {
			t.Fatal(err)
		}
		if got, err := x.late.Load(t.Context(), rec.ID); err != nil || got.Version != rec.Version+1 {
			t.Fatal(err)
		}
	}
	if st := third.Stats(); st.Changes != 1 || st.Moved == 0 {
		t.Errorf("Stats: %+v", st)
	}
}

// Without a standby, a late process gives an error for what has moved to a
// member that it does not know, and never says that it is not there.
func TestUnknownMemberIsAnError(t *testing.T) {
	x := newMoving(t, 100, nil)
	late := newRing(t, x.changed[:3], nil)
	if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, rec := range x.recs {
		for what, err := range map[string]error{
			"Load":    second(late.Load(t.Context(), rec.ID)),
			"Touch":   late.Touch(t.Context(), rec.ID, rec.Deadline),
			"Replace": late.Replace(t.Context(), next(rec), rec.Version+7),
		} {
			switch {
			case x.early.Locate(rec.ID)[0] != "d":
			case err == nil || errors.Is(err, coatcheck.ErrNotFound) || errors.Is(err, coatcheck.ErrConflict) || !strings.Contains(err.Error(), `"d"`):
				t.Errorf("%s of a session at an unknown member: %v", what, err)
			default:
				unknown++
			}
		}
	}
	if unknown < 30 {
		t.Errorf("only %d calls met an unknown member", unknown)
	}
	if err := late.SetMembers(x.changed); err != nil {
		t.Fatal(err)
	}
	for _, rec := range x.recs {
		if _, err := late.Load(t.Context(), rec.ID); err != nil {
			t.Error(err)
		}
	}
}

// A stub that is left over from a member that was taken out means nothing.
func TestStubToAConcludedMemberIsNothing(t *testing.T) {
	x := newMoving(t, 100, nil)
	for range 2 { // d comes, and then goes
		if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
			t.Fatal(err)
		}
		if err := x.early.Conclude(); err != nil {
			t.Fatal(err)
		}
		for _, rec := range x.recs[:50] {
			if err := x.early.Delete(t.Context(), rec.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.early.SetMembers(x.changed[:3]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.early.Rebalance(t.Context(), fast("")); err != nil {
		t.Fatal(err)
	}
	if err := x.early.Conclude(); err != nil {
		t.Fatal(err)
	}
	for i, rec := range x.recs {
		_, err := x.early.Load(t.Context(), rec.ID)
		if i < 50 && !errors.Is(err, coatcheck.ErrNotFound) || i >= 50 && err != nil {
			t.Errorf("record %d: %v", i, err)
		}
		if i < 50 {
			if err := x.early.Create(t.Context(), rec); err != nil {
				t.Errorf("Create %d: %v", i, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTooManyChangesAtOnce(t *testing.T) {
	members := farm(6, nil)
	r := newRing(t, members[:1], nil)
	for n := 2; n <= 4; n++ {
		if err := r.SetMembers(members[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.SetMembers(members[:5]); !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Conclude") {
		t.Errorf("the fourth change: %v", err)
	}
	if err := r.Abandon(); err != nil {
		t.Fatal(err)
	}
	if err := r.SetMembers(members[:5]); err != nil {
		t.Errorf("after Abandon: %v", err)
	}
}

func TestStoreBehindANameCanChange(t *testing.T) {
	s := memstore.New(nil)
	r := newRing(t, []ring.Member{{Name: "a", Store: &faulty{Store: s}, Weight: 1}}, nil)
	rec := newRecord()
	if err := r.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if err := r.SetMembers([]ring.Member{{Name: "a", Store: s, Weight: 3}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Load(t.Context(), rec.ID); err != nil {
		t.Error(err)
	}
	if p, err := r.Rebalance(t.Context(), fast("")); err != nil || p.Moved != 0 {
		t.Errorf("Rebalance: %+v, %v", p, err)
	}
}

func ExampleRing_SetMembers() {
	members := []ring.Member{
		{Name: "cache-1", Store: memstore.New(nil), Weight: 15},
		{Name: "cache-2", Store: memstore.New(nil), Weight: 20},
		{Name: "cache-3", Store: memstore.New(nil), Weight: 10},
	}
	r, err := ring.New(members, nil)
	if err != nil {
		panic(err)
	}
	defer r.Close()

	more := append(members, ring.Member{Name: "cache-4", Store: memstore.New(nil), Weight: 10})
	plan, err := r.Plan(more)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f %% of the sessions will move\n", 100*plan.Moves)

	// In every process:
	if err := r.SetMembers(more); err != nil {
		panic(err)
	}
	// In one process, when all know:
	progress, err := r.Rebalance(context.Background(), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(progress.Moved, "sessions were moved")
	// In every process:
	if err := r.Conclude(); err != nil {
		panic(err)
	}
	// Output:
	// 18.2 % of the sessions will move
	// 0 sessions were moved
}
