package coatcheck_test

import (
	"context"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
)

// mapStore is the least that a store must do. Records are immutable, so it
// keeps and returns the pointers themselves. Test yours with package
// storetest.
type mapStore struct {
	mu      sync.Mutex
	records map[coatcheck.ID]*coatcheck.Record
}

// live returns the record of id. The caller holds mu.
func (m *mapStore) live(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec := m.records[id]
	if rec == nil || !rec.Live(time.Now()) {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

func (m *mapStore) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live(ctx, id)
}

func (m *mapStore) Create(ctx context.Context, rec *coatcheck.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := m.live(ctx, rec.ID); err == nil {
		return coatcheck.ErrExists
	}
	m.records[rec.ID] = rec
	return nil
}

func (m *mapStore) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.live(ctx, rec.ID)
	if err != nil {
		return err
	}
	if stored.Version != old {
		return coatcheck.ErrConflict
	}
	m.records[rec.ID] = rec.Touched(stored.Expires)
	return nil
}

func (m *mapStore) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.live(ctx, id)
	if err != nil {
		return err
	}
	m.records[id] = stored.Touched(expires)
	return nil
}

func (m *mapStore) Delete(ctx context.Context, id coatcheck.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	delete(m.records, id)
	return nil
}

var visits = coatcheck.NewKey[int]("visits")

// A store of your own needs five methods.
func ExampleStore() {
	store := &mapStore{records: make(map[coatcheck.ID]*coatcheck.Record)}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	s, err := m.Open(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	visits.Set(s, 1)
	if err := s.Save(ctx); err != nil {
		log.Fatal(err)
	}
	for _, rec := range store.records {
		fmt.Println(string(rec.Data))
	}
	// Output: {"visits":1}
}
