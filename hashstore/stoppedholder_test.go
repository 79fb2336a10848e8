package hashstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/hashstore"
)

// Somebody takes the lock and does not go on while the disk is waited for. Whoever
// waited for it waits no longer than his context allows, whatever is on the disk.
func TestLockIsTakenWhileTheDiskIsWaitedFor(t *testing.T) {
	needsMap(t)
	for name, call := range map[string]func(context.Context, *hashstore.Store) error{
		"Create": func(ctx context.Context, s *hashstore.Store) error { return s.Create(ctx, record("alice", 100)) },
		"Sync":   func(ctx context.Context, s *hashstore.Store) error { return s.Sync(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			hashstore.WrapByPath(t)
			o := hashstore.Options{MaxBytes: 8 << 20, Durability: hashstore.Always(), SweepInterval: hashstore.NoSweep, Logger: quiet}
			path := filepath.Join(fastDir(t), "sessions")
			other := open(t, path, o)
			rec := record("bob", 100)
			must(t, other.Create(t.Context(), rec))
			holding, release := make(chan struct{}), make(chan struct{})
			hold := func() {
				go hashstore.Hold(t, other, func() { close(holding); <-release })
				<-holding
			}
			s, err := hashstore.OpenOn(path, &o, func(d hashstore.Disk) hashstore.Disk {
				return holdingDisk{d, &hold}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			returned := make(chan error, 1)
			go func() { returned <- call(ctx, s) }()
			select {
			case err := <-returned:
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v, want %v", err, context.DeadlineExceeded)
				}
			case <-time.After(10 * time.Second):
				t.Error("it waits for ever")
			}
			close(release)
			must(t, s.Delete(t.Context(), rec.ID))
			must(t, s.Create(t.Context(), record("carol", 100)))
			gone(t, reborn(t, path, o), rec.ID, "a deleted session")
			sound(t, path)
		})
	}
}

// A holdingDisk calls something once, when the disk is waited for.
type holdingDisk struct {
	hashstore.Disk
	hold *func()
}

func (d holdingDisk) once() {
	if hold := *d.hold; hold != nil {
		*d.hold = nil
		hold()
	}
}

func (d holdingDisk) WriteSync(p []byte, off int64) error {
	d.once()
	return d.Disk.WriteSync(p, off)
}

func (d holdingDisk) SyncRange(p []byte, off int64) error {
	d.once()
	return d.Disk.SyncRange(p, off)
}
