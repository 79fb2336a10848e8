package kvstore_test

import (
	"context"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// An API of your own becomes a store by three functions. This one is a map.
func ExampleFuncs() {
	type entry struct {
		value    []byte
		revision int
	}
	var (
		mu      sync.Mutex
		entries = map[string]entry{}
		last    int
	)
	revision := func(e entry) kvstore.Revision {
		if e.revision == 0 {
			return kvstore.None
		}
		return kvstore.Revision(fmt.Sprint(e.revision))
	}
	kv := kvstore.Funcs{
		Read: func(_ context.Context, key string) ([]byte, kvstore.Revision, error) {
			mu.Lock()
			defer mu.Unlock()
			e, ok := entries[key]
			if !ok {
				return nil, kvstore.None, coatcheck.ErrNotFound
			}
			return e.value, revision(e), nil
		},
		Write: func(_ context.Context, key string, value []byte, rev kvstore.Revision, _ time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			if revision(entries[key]) != rev {
				return coatcheck.ErrConflict
			}
			last++
			entries[key] = entry{value, last}
			return nil
		},
		Remove: func(_ context.Context, key string) error {
			mu.Lock()
			defer mu.Unlock()
			delete(entries, key)
			return nil
		},
	}

	store, err := kvstore.New(kv, nil)
	if err != nil {
		log.Fatal(err)
	}
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
	views := coatcheck.NewKey[int]("views")
	views.Update(s, func(n int) int { return n + 1 })
	if err := s.Save(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(entries), "session:", views.Get(s), "view")
	// Output: 1 session: 1 view
}
