package broken

import (
	"context"

	"github.com/coatcheck/coatcheck"
)

// counting spoils the figures.
type counting struct {
	*Reference
	flaw func(s *Reference, st *coatcheck.StoreStats)
}

func (s counting) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	st, err := s.Reference.Stat(ctx)
	s.flaw(s.Reference, &st)
	return st, err
}

func counted(name string, flaw func(s *Reference, st *coatcheck.StoreStats)) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return counting{r, flaw} }}
}

var stats = []Store{
	counted("stat-counts-nothing", func(_ *Reference, st *coatcheck.StoreStats) { *st = coatcheck.StoreStats{} }),
	counted("stat-below-range", func(_ *Reference, st *coatcheck.StoreStats) { st.MaxBytes = -1 }),
	counted("stat-all-anonymous", func(_ *Reference, st *coatcheck.StoreStats) { st.Anonymous = st.Records }),
	counted("stat-bytes-of-records", func(_ *Reference, st *coatcheck.StoreStats) { st.Bytes = 100 * st.Records }),
	counted("stat-hides-refusals", func(_ *Reference, st *coatcheck.StoreStats) { st.Refused = 0 }),
	{"stat-counts-writes", func(r *Reference) coatcheck.Store { return &countsWrites{Reference: r} }},
}

// countsWrites counts a record again when it is replaced.
type countsWrites struct {
	*Reference
	replaced int64
}

func (s *countsWrites) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	err := s.Reference.Replace(ctx, rec, old)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.replaced++
	}
	return err
}

func (s *countsWrites) Stat(ctx context.Context) (coatcheck.StoreStats, error) {
	st, err := s.Reference.Stat(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Records += s.replaced
	return st, err
}
