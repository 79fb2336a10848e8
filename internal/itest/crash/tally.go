//go:build linux

package crash

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Tally counts what was done to a store. It is safe for concurrent use; the
// zero value is ready.
type Tally struct {
	mu       sync.Mutex
	began    time.Time
	classes  map[string]int // kills by what the victim was doing
	byItself int            // kills at a step named beforehand
	checks   int            // values held to what was acknowledged
	calls    [Kinds]uint64  // acknowledged calls
}

func (t *Tally) addDeath(class string, byItself bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.classes == nil {
		t.classes, t.began = map[string]int{}, time.Now()
	}
	t.classes[class]++
	if byItself {
		t.byItself++
	}
}

func (t *Tally) addChecks(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checks += n
}

func (t *Tally) addCalls(s *Slot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for kind := range t.calls {
		t.calls[kind] += s.Counts[kind].Load()
	}
}

// Add adds what another tally has counted.
func (t *Tally) Add(o *Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.classes == nil {
		t.classes, t.began = map[string]int{}, o.began
	}
	for class, n := range o.classes {
		t.classes[class] += n
	}
	for kind, n := range o.calls {
		t.calls[kind] += n
	}
	t.byItself += o.byItself
	t.checks += o.checks
}

// Kills returns how many processes were killed.
func (t *Tally) Kills() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.classes {
		n += k
	}
	return n
}

// ByItself returns how many of them died at a step that was named beforehand.
func (t *Tally) ByItself() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byItself
}

// Inside returns how many were killed while they did some kind of work; "" means
// any.
func (t *Tally) Inside(class string) int {
	if class == "" {
		return t.Kills() - t.Inside(Nothing.String())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.classes[class]
}

// String sums up.
func (t *Tally) String() string {
	kills := t.Kills()
	t.mu.Lock()
	defer t.mu.Unlock()
	took := time.Since(t.began)
	var classes, calls []string
	for _, class := range slices.Sorted(maps.Keys(t.classes)) {
		classes = append(classes, fmt.Sprintf("%s %d", class, t.classes[class]))
	}
	for kind, n := range t.calls {
		if n > 0 {
			calls = append(calls, fmt.Sprintf("%v %d", Kind(kind), n))
		}
	}
	return fmt.Sprintf("%d kills in %v (%.0f a minute), %d of them at a step named beforehand; by what was under way: %s; acknowledged calls: %s; %d values checked",
		kills, took.Round(100*time.Millisecond), float64(kills)/took.Minutes(), t.byItself,
		strings.Join(classes, ", "), strings.Join(calls, ", "), t.checks)
}
