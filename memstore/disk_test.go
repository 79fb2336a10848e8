package memstore_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck/memstore"
)

var errDisk = errors.New("no space left on device")

// A badDisk is the real one but for those operations that fail: the ones from
// the given number on, or only that one.
type badDisk struct {
	memstore.Disk
	mu     sync.Mutex
	ops    []string
	fail   int // 0: none
	sticky bool
	atSync func() // is called at the next Sync, once
	open   int    // files
}

// opened counts a file that was opened.
func (d *badDisk) opened(f memstore.File, err error) (memstore.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.open++
	}
	return &badFile{f, d}, err
}

// op counts an operation and says whether it fails.
func (d *badDisk) op(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops = append(d.ops, name)
	n := len(d.ops)
	if d.fail > 0 && (n == d.fail || d.sticky && n > d.fail) {
		return errDisk
	}
	return nil
}

// from makes the nth operation from now on fail.
func (d *badDisk) from(n int, sticky bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops, d.fail, d.sticky = nil, n, sticky
}

func (d *badDisk) Create(name string) (memstore.File, error) {
	if err := d.op("create"); err != nil {
		return nil, err
	}
	return d.opened(d.Disk.Create(name))
}

func (d *badDisk) Open(name string) (memstore.File, error) {
	if err := d.op("open"); err != nil {
		return nil, err
	}
	return d.opened(d.Disk.Open(name))
}

func (d *badDisk) Rename(from, to string) error {
	if err := d.op("rename"); err != nil {
		return err
	}
	return d.Disk.Rename(from, to)
}

func (d *badDisk) SyncDir(name string) error {
	if err := d.op("syncdir"); err != nil {
		return err
	}
	return d.Disk.SyncDir(name)
}

// A badFile writes half of what it cannot write.
type badFile struct {
	memstore.File
	d *badDisk
}

func (f *badFile) Write(b []byte) (int, error) {
	if err := f.d.op("write"); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

func (f *badFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.d.op("writeat"); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, err
	}
	return f.File.WriteAt(b, off)
}

func (f *badFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.d.op("readat"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}

func (f *badFile) Sync() error {
	if do := f.d.atSync; do != nil {
		f.d.atSync = nil
		do()
	}
	if err := f.d.op("sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *badFile) Close() error {
	err := f.d.op("close")
	f.d.mu.Lock()
	f.d.open--
	f.d.mu.Unlock()
	return errors.Join(err, f.File.Close())
}

// faulty opens a store on a disk that works so far.
func faulty(t *testing.T) (*memstore.Store, *badDisk, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	d := &badDisk{Disk: memstore.RealDisk()}
	s, err := memstore.OpenOn(d, path, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s, d, path
}

// Each operation on the disk fails once, and then everything from it on: the
// files can be opened after that, hold what the last good snapshot had and
// nothing that was ended, and nothing is left lying about.
func TestADiskThatFailsAtEveryStep(t *testing.T) {
	ctx := context.Background()
	o, _ := manual()
	for _, sticky := range []bool{false, true} {
		failed := 0
		for n := 1; ; n++ {
			s, d, path := faulty(t)
			fill(t, s, 0, 3, "ann")
			must(t, s.Snapshot())
			fill(t, s, 3, 4, "ann")
			d.from(n, sticky)
			gone := s.Delete(ctx, idOf(0))
			has(t, s, 0, false) // whatever the journal says
			late := errors.New("not called")
			d.atSync = func() { late = s.Delete(ctx, idOf(2)) } // while the snapshot is written
			err := s.Snapshot()
			reached := len(d.ops) >= n
			// It does no harm if the file that is given up cannot be closed.
			harmless := reached && !sticky && d.ops[n-1] == "close" && d.ops[n-2] == "close"
			if bad := gone != nil || err != nil || late != nil; bad != (reached && !harmless) {
				t.Fatalf("operation %d of %q fails: errors are %v and %v", n, d.ops, gone, err)
			}
			if reached {
				failed++
			}
			for _, err := range []error{gone, err} {
				if err != nil && (!errors.Is(err, errDisk) || !strings.HasPrefix(err.Error(), "memstore: ")) {
					t.Errorf("operation %d fails: error is %v", n, err)
				}
			}
			for _, name := range names(t, path) {
				if strings.HasSuffix(name, ".tmp") {
					t.Errorf("operation %d of %q fails: %s is left", n, d.ops, name)
				}
			}
			after := open(t, crash(t, path), o)
			for i, err := range map[int]error{0: gone, 2: late} {
				if err == nil {
					has(t, after, i, false)
				}
			}
			has(t, after, 1, true)

			// When the disk is back, so is everything else.
			d.from(0, false)
			must(t, s.Delete(ctx, idOf(2)))
			must(t, s.Snapshot())
			must(t, s.Close())
			after = open(t, path, o)
			for i, want := range []bool{false, true, false, true} {
				has(t, after, i, want)
			}
			if !reached {
				break
			}
		}
		if failed < 17 {
			t.Errorf("only %d operations failed", failed)
		}
	}
}

func TestASnapshotThatFailsIsReported(t *testing.T) {
	s, d, path := faulty(t)
	fill(t, s, 0, 2, "ann")
	must(t, s.Snapshot())
	fill(t, s, 2, 3, "ann")
	must(t, s.Delete(context.Background(), idOf(1)))
	d.from(1, true)
	wants(t, s.Snapshot(), errDisk)
	err := s.Close()
	wants(t, err, errDisk)
	if again := s.Close(); again == nil || again.Error() != err.Error() {
		t.Errorf("the second Close returns %v, want %v", again, err)
	}
	for _, name := range names(t, path) {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s is left", name)
		}
	}
	// The lock is free all the same, and the files are as after a crash.
	o, _ := manual()
	s = open(t, path, o)
	for n, want := range []bool{true, false, false} {
		has(t, s, n, want)
	}
}

func TestASnapshotThatFailsInTheBackgroundIsLoggedAndTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		d := &badDisk{Disk: memstore.RealDisk()}
		s, err := memstore.OpenOn(d, path, &memstore.Options{
			SnapshotInterval: time.Second,
			Logger:           slog.New(slog.NewTextHandler(&log, nil)),
		})
		must(t, err)
		must(t, s.Create(t.Context(), lasting(0, "ann")))
		d.from(1, true)
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if n := strings.Count(log.String(), errDisk.Error()); n != 2 {
			t.Errorf("the log has %d complaints, want 2:\n%s", n, &log)
		}
		d.from(0, false)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(read(t, path)); got <= memstore.EmptySize {
			t.Errorf("the snapshot has %d bytes", got)
		}
		must(t, s.Close())
	})
}

// A stub that cannot be noted does not take the record's place: who renews is
// told, and the session is what it was.
func TestAnEndThatCannotBeNotedIsNoReplace(t *testing.T) {
	s, d, _ := faulty(t)
	fill(t, s, 0, 1, "ann")
	before := stat(t, s)
	d.from(1, true)
	wants(t, s.Replace(context.Background(), stub(session(0, "ann")), 1), errDisk)
	has(t, s, 0, true)
	if after := stat(t, s); after != before {
		t.Errorf("figures are %+v, want %+v", after, before)
	}
	must(t, s.Replace(context.Background(), next(session(0, "ann"), "x"), 1))
}

func TestADiskThatFailsAtOpen(t *testing.T) {
	o, _ := manual()
	for n := 1; ; n++ {
		path := filepath.Join(t.TempDir(), "sessions")
		d := &badDisk{Disk: memstore.RealDisk()}
		d.from(n, true)
		s, err := memstore.OpenOn(d, path, o)
		if err == nil {
			if n < 5 {
				t.Errorf("only %d operations failed", n-1)
			}
			must(t, s.Close())
			return
		}
		wants(t, err, errDisk)
		if d.open != 0 {
			t.Errorf("%d files are open after operation %d failed", d.open, n)
		}
		for _, name := range names(t, path) {
			if strings.HasSuffix(name, ".tmp") {
				t.Errorf("%s is left", name)
			}
		}
	}
}

// What a snapshot says is on the disk before it takes the place of the old one,
// and the exchange is before the journal is forgotten.
func TestASnapshotIsSynchronisedBeforeItCounts(t *testing.T) {
	s, d, _ := faulty(t)
	fill(t, s, 0, 1, "ann")
	must(t, s.Delete(context.Background(), idOf(1)))
	d.from(0, false)
	must(t, s.Snapshot())
	want := "create write sync close rename syncdir " + // the snapshot
		"create write sync close close rename open readat syncdir" // the journal
	if got := strings.Join(d.ops, " "); got != want {
		t.Errorf("operations are\n%s, want\n%s", got, want)
	}
}

// The snapshot may have what the store left out when it was opened. If the
// journal cannot note its end, the next snapshot must.
func TestASnapshotMakesUpForTheJournal(t *testing.T) {
	s, d, path := faulty(t)
	fill(t, s, 0, 4, "")
	must(t, s.Close())
	o, _ := manual()
	o.MaxSessions = 2
	s, err := memstore.OpenOn(d, path, o)
	must(t, err)
	d.from(1, false)
	wants(t, s.Delete(context.Background(), idOf(0)), errDisk)
	must(t, s.Snapshot())
	o.MaxSessions = 8
	after := open(t, crash(t, path), o)
	has(t, after, 0, false)
	must(t, s.Close())
}

// A slowDisk takes its time to synchronise.
type slowDisk struct {
	memstore.Disk
	began   chan struct{} // gets a value when somebody waits
	proceed chan struct{} // lets one go on
}

type slowFile struct {
	memstore.File
	d *slowDisk
}

func (d *slowDisk) Create(name string) (memstore.File, error) {
	f, err := d.Disk.Create(name)
	return &slowFile{f, d}, err
}

func (f *slowFile) Sync() error {
	f.d.began <- struct{}{}
	<-f.d.proceed
	return f.File.Sync()
}

// While a snapshot waits for the disk, and while the journal does, everything
// goes on.
func TestASnapshotHoldsNobodyUp(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "sessions")
	o, _ := manual()
	d := &slowDisk{memstore.RealDisk(), make(chan struct{}), make(chan struct{})}
	var s *memstore.Store
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		var err error
		if s, err = memstore.OpenOn(d, path, o); err != nil {
			t.Error(err)
		}
	}()
	<-d.began // the first journal
	d.proceed <- struct{}{}
	<-opened

	done := make(chan error, 1)
	work := func(n int) {
		fill(t, s, n, n+3, "ann")
		must(t, s.Replace(ctx, next(session(n, "ann"), "x"), 1))
		must(t, s.Replace(ctx, stub(session(n+1, "ann")), 1))
		must(t, s.Delete(ctx, idOf(n+2)))
		must(t, s.Touch(ctx, idOf(n), start.Add(time.Hour)))
		has(t, s, n, true)
		listed(t, s, 100, func() {})
	}
	work(0)
	go func() { done <- s.Snapshot() }()
	for n := range 2 { // the snapshot and the journal
		<-d.began
		work(10 + 10*n)
		d.proceed <- struct{}{}
	}
	must(t, <-done)
	after := open(t, crash(t, path), o)
	for _, n := range []int{2, 11, 12, 21, 22} {
		has(t, after, n, false)
	}
	has(t, after, 0, true)
	go func() { done <- s.Close() }()
	<-d.began
	d.proceed <- struct{}{}
	must(t, <-done)
}
