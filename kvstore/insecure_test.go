package kvstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// A cupboard saves, loads and cleans up, as old frameworks asked of a custom
// storage.
type cupboard struct {
	mu     sync.Mutex
	things map[string]thing
	busy   chan struct{} // if set, Save waits for it
}

func newCupboard() *cupboard { return &cupboard{things: map[string]thing{}} }

func (c *cupboard) api() kvstore.SaveLoadClean {
	return kvstore.SaveLoadClean{Save: c.save, Load: c.load, CleanUp: c.cleanUp}
}

func (c *cupboard) save(ctx context.Context, key string, value []byte, until time.Time) error {
	if c.busy != nil {
		<-c.busy
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.things[key] = thing{value: value, until: until}
	return ctx.Err()
}

func (c *cupboard) load(ctx context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.things[key].value, ctx.Err()
}

func (c *cupboard) cleanUp(ctx context.Context, before time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, t := range c.things {
		if !t.until.After(before) {
			delete(c.things, key)
		}
	}
	return ctx.Err()
}

func TestLastWriteWinsNeedsAllThreeFunctions(t *testing.T) {
	whole := newCupboard().api()
	for name, part := range map[string]kvstore.SaveLoadClean{
		"Save":    {Load: whole.Load, CleanUp: whole.CleanUp},
		"Load":    {Save: whole.Save, CleanUp: whole.CleanUp},
		"CleanUp": {Save: whole.Save, Load: whole.Load},
	} {
		if _, err := kvstore.InsecureLastWriteWins(part, nil); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("without %s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestLastWriteWinsCleansUpBySweep(t *testing.T) {
	c := newCupboard()
	store, err := kvstore.InsecureLastWriteWins(c.api(), nil)
	if err != nil {
		t.Fatal(err)
	}
	create(t, store, record(1, ""))
	gone := create(t, store, record(2, ""))
	if err := store.Delete(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Sweep(t.Context(), time.Now(), "", 10); err != nil {
		t.Fatal(err)
	}
	if len(c.things) != 1 {
		t.Errorf("%d values are left, want the one of the live session", len(c.things))
	}
}

// Who waits for another's write gives up with its context.
func TestLastWriteWinsWaitsNoLongerThanItsContext(t *testing.T) {
	c := newCupboard()
	c.busy = make(chan struct{})
	store, err := kvstore.InsecureLastWriteWins(c.api(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := record(1, "")
	first := make(chan error)
	go func() { first <- store.Create(context.Background(), rec) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	second := make(chan error)
	go func() { second <- store.Create(ctx, rec) }()
	select { // one of them holds the turn and saves only when told to
	case err := <-second:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting: %v, want the context's error", err)
		}
		close(c.busy)
		<-first
	case c.busy <- struct{}{}: // the second one's turn came first
		close(c.busy)
		<-first
		<-second
	}
}
