package bench_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bench"
	"github.com/coatcheck/coatcheck/memstore"
)

// A store fails at one of its operations from the n-th call on.
type store struct {
	coatcheck.Store
	loads, failing int
	deleting       error
}

var errDown = errors.New("down")

func (s *store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if s.loads++; s.failing > 0 && s.loads >= s.failing {
		return nil, errDown
	}
	return s.Store.Load(ctx, id)
}

func (s *store) Delete(ctx context.Context, id coatcheck.ID) error {
	if s.deleting != nil {
		return s.deleting
	}
	return s.Store.Delete(ctx, id)
}

// options make records of the simplest kind.
func options(calls int, reported *int) *bench.Options {
	n := 0
	return &bench.Options{
		Calls: calls, Clients: 1, Rounds: 3,
		Record: func() (*coatcheck.Record, error) {
			n++
			now := time.Now().UTC().Truncate(time.Millisecond)
			id, err := coatcheck.ParseID(fmt.Sprintf("%064x", n))
			return &coatcheck.Record{ID: id, Created: now, Deadline: now.Add(time.Hour), Expires: now.Add(time.Hour), Version: 1}, err
		},
		Report: func(calls int) { *reported += calls },
	}
}

// left is how many records a store has.
func left(t *testing.T, s coatcheck.Store) int64 {
	t.Helper()
	st, err := coatcheck.StatOf(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return st.Records
}

// TestRun: every operation is called as often as was asked, on every store, and
// nothing stays.
func TestRun(t *testing.T) {
	a, b, reported := memstore.New(nil), memstore.New(nil), 0
	all, err := bench.Run(t.Context(), []coatcheck.Store{a, b}, options(100, &reported))
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, results := range all {
		for _, r := range results {
			p50, p100 := r.Calls.Percentile(50), r.Calls.Percentile(100)
			if r.Calls.Len() != 100 || p50 <= 0 || p50 > p100 || r.PerSecond() <= 0 {
				t.Errorf("%s: %d calls, %v, %v, %v a second", r.Operation, r.Calls.Len(), p50, p100, r.PerSecond())
			}
		}
	}
	if reported != 2*5*100 || left(t, a) != 0 || left(t, b) != 0 {
		t.Errorf("%d calls are reported; %d and %d records stay", reported, left(t, a), left(t, b))
	}
}

// TestFailure: what was made goes, also when the store fails in the middle or
// the user has had enough.
func TestFailure(t *testing.T) {
	reported := 0
	s := &store{Store: memstore.New(nil), failing: 7}
	if _, err := bench.Run(t.Context(), []coatcheck.Store{s}, options(30, &reported)); !errors.Is(err, errDown) || !strings.HasPrefix(err.Error(), "load: ") {
		t.Errorf("%v", err)
	}
	if n := left(t, s.Store); n != 0 {
		t.Errorf("%d records stay", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := options(30, &reported)
	o.Report = func(int) { cancel() }
	if _, err := bench.Run(ctx, []coatcheck.Store{s.Store}, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if n := left(t, s.Store); n != 0 {
		t.Errorf("%d records stay after an interrupt", n)
	}
	s = &store{Store: memstore.New(nil), deleting: errDown}
	if _, err := bench.Run(t.Context(), []coatcheck.Store{s}, options(3, &reported)); err == nil || !strings.Contains(err.Error(), "stay until they expire") {
		t.Errorf("%v", err)
	}
}
