package itest_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A tally sums up the histories of one test.
type tally struct {
	t          *testing.T
	name       string
	began      time.Time
	histories  int
	operations int
	calm       int // operations in calm weather
	overlaps   int // those of them that overlap another of their session
	ends       map[string]int
}

// An ending says in a word how an operation ended.
type ending interface{ ending() string }

func (o *storeOp) ending() string { return answerNames[o.answer] }
func (o *coatOp) ending() string  { return endNames[o.end] }

func newTally(t *testing.T, name string) *tally {
	return &tally{t: t, name: name, began: time.Now(), ends: map[string]int{}}
}

// add counts a history that was checked.
func (s *tally) add(h *history, weather odds, model porcupine.Model) {
	s.histories++
	all := h.operations()
	s.operations += len(all)
	for _, op := range all {
		s.ends[op.Input.(ending).ending()]++
	}
	if weather == calm {
		s.calm += len(all)
		s.overlaps += overlaps(model.Partition(all))
	}
}

// leastOverlap is the share of operations, in percent, that must overlap
// another one: histories in which clients take turns prove nothing.
const leastOverlap = 10

// close prints the summary. Of the endings that the operations may have, each
// must have been met.
func (s *tally) close(endings ...string) {
	share := 100 * s.overlaps / max(s.calm, 1)
	s.t.Logf("%s: %d operations in %d histories, all linearizable; %d %% of those in calm weather overlapped another of their session; %v",
		s.name, s.operations, s.histories, share, time.Since(s.began).Round(time.Millisecond))
	s.t.Logf("%s: how they ended: %v", s.name, s.ends)
	for _, e := range endings {
		if s.ends[e] == 0 {
			s.t.Errorf("no operation ended with %q", e)
		}
	}
	if share < leastOverlap {
		s.t.Errorf("only %d %% of the operations overlapped: the clients hardly met", share)
	}
}

// overlaps counts the operations that were called before an earlier one of
// their part had returned.
func overlaps(parts [][]porcupine.Operation) int {
	n := 0
	for _, part := range parts {
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		end := int64(0)
		for _, op := range part {
			if op.Call < end {
				n++
			}
			end = max(end, op.Return)
		}
	}
	return n
}
