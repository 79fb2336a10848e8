package itest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/natskv"
)

// A bucket that forgets by the age of its values, or whose reads lag, breaks
// what kvstore was promised, and is refused.
func TestNATSBucketsThatForgetOrLagAreRefused(t *testing.T) {
	js, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	for _, conf := range []jetstream.KeyValueConfig{
		{Bucket: "well"},
		{Bucket: "forgetful", TTL: time.Hour},
		{Bucket: "mirror", Mirror: &jetstream.StreamSource{Name: "well"}},
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
