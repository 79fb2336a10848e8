package bench

import (
	"slices"
	"time"
)

// A Sample is how long calls took. The zero value has none.
type Sample struct {
	took   []time.Duration
	sorted bool
}

// add adds calls.
func (s *Sample) add(took []time.Duration) {
	s.took, s.sorted = append(s.took, took...), false
}

// Len is how many calls there were.
func (s *Sample) Len() int { return len(s.took) }

// Percentile returns the time within which p percent of the calls were done, 0
// if there were none.
func (s *Sample) Percentile(p float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	if !s.sorted {
		slices.Sort(s.took)
		s.sorted = true
	}
	at := int(p / 100 * float64(len(s.took)))
	return s.took[min(at, len(s.took)-1)]
}
