//go:build !race

package hashstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A powerMode is a way of opening a store whose power is to fail.
type powerMode struct {
	name       string
	durability hashstore.Durability
	portable   bool
}

func powerModes() []powerMode {
	// No time passes for Interval: what is synced is what has to be.
	return []powerMode{
		{"always", hashstore.Always(), false},
		{"always, portable", hashstore.Always(), true},
		{"interval", hashstore.Interval(time.Hour), false},
		{"interval, portable", hashstore.Interval(time.Hour), true},
		{"none", hashstore.None(), false},
		{"none, portable", hashstore.None(), true},
	}
}

func (m powerMode) options() *hashstore.Options {
	return &hashstore.Options{
		MaxBytes: 8 << 20, Durability: m.durability, Portable: m.portable,
		SweepInterval: hashstore.NoSweep, Logger: slog.New(slog.DiscardHandler),
	}
}

// A powerRun is a store that works while the power may fail at any moment.
type powerRun struct {
	mode   powerMode
	dir    string
	rnd    *rand.Rand
	model  *powerModel
	images int
	total  *atomic.Int64 // images of all runs
	depth  int           // 1 in a store that looks into what a failure left
	store  *hashstore.Store
	disk   *recorder
	other  *bystander // nil: little happens meanwhile
	away   bool       // in meanwhile
	err    error
}

// TestPowerFailure: whatever part of what was not synced is on the disk when the
// power fails, the store opens, has what was acknowledged, and never what was
// deleted. One goroutine works on a file at a time, so there is nothing here for
// the race detector, which would make each image five times as dear.
func TestPowerFailure(t *testing.T) {
	hashstore.WrapByPath(t)
	modes := powerModes()
	goal := 4_000
	if os.Getenv("COATCHECK_TORTURE") == "1" {
		goal = 105_000
	}
	began := time.Now()
	var images, runs atomic.Int64
	var wg sync.WaitGroup
	for range min(4, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for !t.Failed() && images.Load() < int64(goal) {
				n := runs.Add(1) - 1
				r := &powerRun{total: &images, mode: modes[n%int64(len(modes))], rnd: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
				if err := r.run(t); err != nil {
					t.Errorf("%s: %v", r.mode.name, err)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	t.Logf("%d images of disks after a power failure, in %d runs and %v (%.0f a minute)",
		images.Load(), runs.Load(), took.Round(time.Millisecond), float64(images.Load())/took.Minutes())
}

// quickDir is a directory in memory where there is one: nothing is synced here.
func quickDir(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "coatcheck-power-"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// stepsOfRun is how many calls a store makes in one run. In one of so many runs
// others use the file meanwhile.
const (
	stepsOfRun = 40
	busyRuns   = 3
)

// run works on a new store and lets the power fail around each change of its
// file.
func (r *powerRun) run(t *testing.T) error {
	ctx := context.Background()
	r.dir = quickDir(t)
	defer os.RemoveAll(r.dir)
	r.model = newPowerModel(r.mode.durability == hashstore.Always())
	s, err := r.open(filepath.Join(r.dir, "sessions"))
	if err != nil || r.err != nil {
		return errors.Join(err, r.err)
	}
	r.store = s
	if !r.mode.portable && r.mode.durability != hashstore.None() && r.rnd.IntN(busyRuns) == 0 {
		quick, err := r.openBeside(filepath.Join(r.dir, "sessions"))
		if err != nil {
			return err
		}
		defer quick.Close()
		r.other = &bystander{store: quick}
	}
	for range stepsOfRun {
		if err := r.model.step(ctx, s, r.rnd); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	if r.other != nil {
		if err := r.other.store.Close(); err != nil {
			return err
		}
		r.other = nil
	}
	if err := s.Close(); err != nil {
		return err
	}
	return r.err
}

// open opens a store whose power may fail.
func (r *powerRun) open(path string) (*hashstore.Store, error) {
	return hashstore.OpenOn(path, r.mode.options(), func(d hashstore.Disk) hashstore.Disk {
		rec := newRecorder(d, r.fail)
		if r.depth > 0 {
			rec.look()
			rec.settle(0, len(rec.now)) // which was left by the first failure
		}
		r.disk = rec
		return sharedDisk{rec, r}
	})
}

// openBeside opens the same file for somebody who never waits for the disk but
// to end a session.
func (r *powerRun) openBeside(path string) (*hashstore.Store, error) {
	o := r.mode.options()
	o.Durability = hashstore.Interval(time.Hour)
	return hashstore.OpenOn(path, o, func(own hashstore.Disk) hashstore.Disk { return besideDisk{r.disk, own} })
}

// A besideDisk is what another one uses, and ends only its own.
type besideDisk struct {
	hashstore.Disk
	own hashstore.Disk
}

func (d besideDisk) Close() error { return d.own.Close() }

// A sharedDisk is that of a store which others use while the disk is waited for,
// where that is without the lock.
type sharedDisk struct {
	hashstore.Disk
	run *powerRun
}

func (d sharedDisk) WriteSync(p []byte, off int64) error {
	if err := d.run.meanwhile(); err != nil {
		return err
	}
	return d.Disk.WriteSync(p, off)
}

func (d sharedDisk) SyncRange(p []byte, off int64) error {
	if err := d.run.meanwhile(); err != nil {
		return err
	}
	return d.Disk.SyncRange(p, off)
}

func (d sharedDisk) Sync() error {
	if err := d.run.meanwhile(); err != nil {
		return err
	}
	return d.Disk.Sync()
}

// meanwhile is what others do while the disk is waited for: they sweep, and in
// some runs have the log go on, and its segments compacted and taken again.
func (r *powerRun) meanwhile() error {
	s := r.store
	if s == nil || r.mode.portable || r.away || hashstore.Locked(s) {
		return nil
	}
	r.away = true
	defer func() { r.away = false }()
	ctx := context.Background()
	if r.rnd.IntN(2) == 0 {
		if _, err := s.Sweep(ctx, time.Now(), "", 1000); err != nil {
			return err
		}
	}
	if r.other == nil || r.rnd.IntN(2) == 0 {
		return nil
	}
	for range r.rnd.IntN(4) {
		if err := r.model.aside(ctx, r.other.store, r.rnd); err != nil {
			return err
		}
	}
	for range r.rnd.IntN(400) {
		if err := r.other.step(ctx, r.rnd); err != nil {
			return err
		}
	}
	if r.rnd.IntN(3) == 0 {
		return nil
	}
	return r.other.store.Compact(ctx)
}

// A bystander changes sessions that nobody asks for after a power failure, so that
// the file turns over.
type bystander struct {
	store *hashstore.Store
	recs  []*coatcheck.Record
}

// bystanderRecords is how many sessions these are.
const bystanderRecords = 300

func (b *bystander) step(ctx context.Context, rnd *rand.Rand) error {
	if len(b.recs) < bystanderRecords {
		rec := record("somebody else", 1000)
		b.recs = append(b.recs, rec)
		return b.store.Create(ctx, rec)
	}
	// Some for long, others all the time.
	rec := b.recs[rnd.IntN(1+rnd.IntN(len(b.recs)))]
	next := *rec
	next.Version++
	err := b.store.Replace(ctx, &next, rec.Version)
	*rec = next
	return err
}

// chance is how often, in 1,000, a moment is chosen. Around a sync it always is;
// what writes word by word has too many others.
func (r *powerRun) chance(sync bool) int {
	switch {
	case r.depth > 0 && sync:
		return 200
	case r.depth > 0:
		return 2
	case sync:
		return 1000
	case r.mode.portable:
		return 20
	}
	return 300
}

// fail looks at what the disk may hold if the power fails now.
func (r *powerRun) fail(rec *recorder, sync bool) {
	if r.rnd.IntN(1000) >= r.chance(sync) {
		return
	}
	rec.look()    // what came through a map
	const few = 5 // sectors of which all subsets are tried
	r.check(rec.image(everything))
	r.check(rec.image(nothing))
	for range 2 {
		r.check(rec.image(some(r.rnd)))
	}
	if len(rec.pending) <= few || len(rec.pending) <= 12 && r.rnd.IntN(200) == 0 {
		rec.subsets(func(c choice) { r.check(rec.image(c)) })
	}
}

// check opens what a power failure left.
func (r *powerRun) check(img []byte) {
	if r.err != nil {
		return
	}
	r.images++
	r.total.Add(1)
	path := filepath.Join(r.dir, fmt.Sprint("image", r.depth, "-", r.images))
	defer os.Remove(path)
	if r.err = writeImage(path, img); r.err == nil {
		if r.err = r.examine(path); r.err != nil {
			kept := filepath.Join(os.TempDir(), "coatcheck-power-failure.img")
			_ = writeImage(kept, img)
			r.err = fmt.Errorf("image %d, kept as %s: %w", r.images, kept, r.err)
		}
	}
}

// examine opens a file and holds it to the model. Now and then the power fails
// again meanwhile.
func (r *powerRun) examine(path string) error {
	var s *hashstore.Store
	var err error
	if r.depth == 0 && r.rnd.IntN(400) == 0 {
		again := &powerRun{total: r.total, mode: r.mode, dir: r.dir, rnd: r.rnd, model: r.model, depth: 1}
		s, err = again.open(path)
		if again.err != nil {
			return fmt.Errorf("and again: %w", again.err)
		}
	} else {
		s, err = hashstore.OpenOn(path, r.mode.options(), func(d hashstore.Disk) hashstore.Disk { return unsynced{d} })
	}
	if err != nil {
		return err
	}
	err = r.model.check(context.Background(), s, r.mode.durability == hashstore.None())
	if err == nil && r.rnd.IntN(50) == 0 {
		return r.goOn(s, path)
	}
	s.Close()
	return err
}

// goOn uses the store after a power failure, closes it and opens it again.
func (r *powerRun) goOn(s *hashstore.Store, path string) error {
	ctx := context.Background()
	rec := r.model.record(powerKeys, 1, r.model.start.Add(time.Hour))
	if err := s.Create(ctx, rec); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	s, err := hashstore.OpenOn(path, r.mode.options(), func(d hashstore.Disk) hashstore.Disk { return unsynced{d} })
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Load(ctx, rec.ID); err != nil {
		return fmt.Errorf("a session created after the failure: %w", err)
	}
	return r.model.check(ctx, s, r.mode.durability == hashstore.None())
}
