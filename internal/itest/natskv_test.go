package itest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/natskv"
)

// A bucket that forgets by the age of its values, whose reads lag, or from which
// nothing can be removed when it is full, breaks what kvstore was promised, and is
// refused.
func TestNATSBucketsThatForgetOrLagAreRefused(t *testing.T) {
	js, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	for _, conf := range []jetstream.KeyValueConfig{
		{Bucket: "well"},
		{Bucket: "forgetful", TTL: time.Hour},
		{Bucket: "mirror", Mirror: &jetstream.StreamSource{Name: "well"}},
		{Bucket: "historian", History: 5, MaxBytes: 1 << 20},
	} {
		conf.Storage = jetstream.MemoryStorage
		bucket, err := js.CreateKeyValue(t.Context(), conf)
		if err != nil {
			t.Fatal(err)
		}
		_, err = natskv.New(t.Context(), bucket)
		if refused := errors.Is(err, coatcheck.ErrUnsupported); refused != (conf.Bucket != "well") {
			t.Errorf("%s: %v", conf.Bucket, err)
		}
	}
}

// What is changed while the bucket is listed is not left out.
func TestNATSListsWhatChangesMeanwhile(t *testing.T) {
	kv, err := natsKV()
	if err != nil {
		t.Fatal(err)
	}
	const keys, writers = 100, 8
	key := func(i int) string { return fmt.Sprintf("busy.s.%03d", i) }
	for i := range keys {
		if err := kv.Put(t.Context(), key(i), []byte{1}, kvstore.None, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; ctx.Err() == nil; i = (i + writers) % keys {
				if _, rev, err := kv.Get(ctx, key(i)); err == nil {
					_ = kv.Put(ctx, key(i), []byte{2}, rev, time.Time{})
				}
			}
		})
	}
	for range 20 {
		found, err := kv.(kvstore.Scanner).Scan(t.Context(), "busy.s.", "", keys+1)
		if err != nil || len(found) != keys {
			t.Errorf("%d keys, %v; want all %d", len(found), err, keys)
		}
	}
	stop()
	wg.Wait()
}

// What is over a limit of the bucket's own was not stored.
func TestNATSSaysThatAValueIsTooLarge(t *testing.T) {
	js, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "narrow", Storage: jetstream.MemoryStorage, MaxValueSize: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	kv, err := natskv.New(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Put(t.Context(), "large", make([]byte, 2<<10), kvstore.None, time.Time{}); !errors.Is(err, coatcheck.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

// A bucket that is full takes no more, and says so; but sessions in it can be
// ended and swept, so that there is room again.
func TestNATSBucketThatIsFullLetsGo(t *testing.T) {
	js, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "brimful", Storage: jetstream.MemoryStorage, MaxBytes: 32 << 10})
	if err != nil {
		t.Fatal(err)
	}
	store := inBucket(t, bucket)
	full := fillUp(t, store)
	if err := store.Delete(t.Context(), full[0].ID); err != nil {
		t.Errorf("Delete: %v", err)
	}
	batch, err := store.Sweep(t.Context(), full[len(full)-1].Deadline, "", 500)
	if err != nil || batch.Deleted != len(full)-1 {
		t.Errorf("Sweep: %+v, %v; want %d deleted", batch, err, len(full)-1)
	}
	if err := store.Create(t.Context(), full[0]); err != nil {
		t.Errorf("Create when there is room again: %v", err)
	}
}

// A server that has no more room says so in other words than a bucket does.
func TestNATSServerThatIsFullIsFull(t *testing.T) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		NoLog: true, NoSigs: true, JetStreamMaxMemory: 64 << 10, JetStreamMaxStore: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "sessions", Storage: jetstream.MemoryStorage})
	if err != nil {
		t.Fatal(err)
	}
	fillUp(t, inBucket(t, bucket))
}

// inBucket opens a store in a bucket.
func inBucket(t *testing.T, bucket jetstream.KeyValue) *kvstore.Store {
	t.Helper()
	kv, err := natskv.New(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	store, err := kvstore.New(kv, nil)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// fillUp creates records until the store is full, and returns them.
func fillUp(t *testing.T, store coatcheck.Store) (recs []*coatcheck.Record) {
	t.Helper()
	for n := range 1000 {
		rec := lasting(time.Hour)
		rec.ID[3], rec.ID[4] = byte(n), byte(n>>8)
		switch err := store.Create(t.Context(), rec); {
		case errors.Is(err, coatcheck.ErrFull):
			return recs
		case err != nil:
			t.Fatalf("Create: %v, want nil or ErrFull", err)
		}
		recs = append(recs, rec)
	}
	t.Fatal("it is never full")
	return nil
}
