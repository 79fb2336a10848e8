package sealed_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
	"github.com/coatcheck/coatcheck/storetest"
)

// As a store, a Store is its Revoker.
func TestStore(t *testing.T) {
	storetest.Suite{OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
		store, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{Revoker: newRevoker(t, now)})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}}.Run(t)
}

// Without a Revoker every method says so.
func TestStoreWithoutRevoker(t *testing.T) {
	store, err := sealed.New([]sealed.Key{testKey(t, 1)}, &sealed.Options{AllowUnrevocable: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, id := t.Context(), coatcheck.ID{1}
	_, err = store.Load(ctx, id)
	expectError(t, err, coatcheck.ErrUnsupported)
	expectError(t, store.Create(ctx, &coatcheck.Record{ID: id}), coatcheck.ErrUnsupported)
	expectError(t, store.Replace(ctx, &coatcheck.Record{ID: id}, 1), coatcheck.ErrUnsupported)
	expectError(t, store.Touch(ctx, id, time.Now()), coatcheck.ErrUnsupported)
	expectError(t, store.Delete(ctx, id), coatcheck.ErrUnsupported)
	_, err = store.Sweep(ctx, time.Now(), "", 1)
	expectError(t, err, coatcheck.ErrUnsupported)
	_, err = store.Stat(ctx)
	expectError(t, err, coatcheck.ErrUnsupported)
	expectError(t, store.Watch(ctx, nil), coatcheck.ErrUnsupported)
	expectEqual(t, "capabilities", coatcheck.CapabilitiesOf(store), coatcheck.Capabilities{})
}

// A watcher of the Revoker learns of a logout in the moment that it happens.
func TestWatch(t *testing.T) {
	store := memstore.New(nil)
	t.Cleanup(func() { _ = store.Close() })
	site := open(t, setup{seal: sealed.Options{Revoker: store}})
	b := site.browser().login("ada")
	id := b.id()
	ended := make(chan coatcheck.ID, 10)
	ready := make(chan error, 1)
	go func() {
		ready <- coatcheck.WatchOf(t.Context(), store, func(c coatcheck.Change) { ended <- c.ID })
	}()
	for seen := false; !seen; { // until the watcher stands
		site.browser().login("bob").visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
		select {
		case <-ended:
			seen = true
		case err := <-ready:
			t.Fatal(err)
		default:
		}
	}
	b.visit(func(s *coatcheck.Session) { expectNil(t, s.Destroy(t.Context())) })
	for got := range ended {
		if got == id {
			return
		}
	}
}
