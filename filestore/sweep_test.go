package filestore_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// A sweep goes by the heads: a damaged body does not keep a record from being
// swept, and a damaged head does.
func TestSweepReadsNoData(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s := open(t, dir)
	for n := range 3 {
		must(t, s.Create(ctx, session(n, "ann")))
	}
	spoil := func(n, at int) {
		path := filestore.RecordPath(dir, idOf(n))
		b := read(t, path)
		b[(at+len(b))%len(b)] ^= 1
		must(t, os.WriteFile(path, b, 0o600))
	}
	spoil(1, -1)
	spoil(2, 60)
	if n := sweep(t, s, start.Add(time.Hour)); n != 2 {
		t.Errorf("%d records are swept, want 2", n)
	}
	_, err := s.Load(ctx, idOf(2))
	wants(t, err, coatcheck.ErrCorrupt)
	must(t, s.Delete(ctx, idOf(2)))
	lacks(t, s, idOf(2))
}

// Batches are bounded and go on where the one before ended, also in another
// process and behind records that are gone.
func TestSweepGoesOn(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	one, two := open(t, dir), open(t, dir)
	const dead, live = 150, filestore.MaxLooks
	for n := range dead + live {
		rec := session(n, "")
		if n >= dead {
			rec.Expires = rec.Deadline
		}
		must(t, one.Create(ctx, rec))
	}
	deleted, calls := 0, 0
	for cursor := ""; ; calls++ {
		r, err := []*filestore.Store{one, two}[calls%2].Sweep(ctx, start.Add(time.Hour), cursor, 7)
		must(t, err)
		if r.Deleted > 7 {
			t.Errorf("a batch of 7 deleted %d", r.Deleted)
		}
		deleted += r.Deleted
		if cursor = r.Next; cursor == "" {
			break
		}
	}
	if deleted != dead || calls < dead/7 {
		t.Errorf("%d batches deleted %d, want %d", calls, deleted, dead)
	}
	if st, err := one.Stat(ctx); err != nil || st.Records != live {
		t.Errorf("%d records are left, %v, want %d", st.Records, err, live)
	}
	for _, cursor := range []string{"0", "512:", "-1:", "3:x", "00:", "600:" + idOf(1).String(), "300:" + idOf(1).String()} {
		_, err := one.Sweep(ctx, start, cursor, 1)
		wants(t, err, coatcheck.ErrInvalid)
	}
}

// A directory that cannot be read, a file that cannot be deleted: neither keeps
// a sweep from what is behind it.
func TestSweepPassesWhatItCannotSweep(t *testing.T) {
	ctx := context.Background()
	for way, open := range openers() {
		dir := place(t)
		var log bytes.Buffer
		s, err := open(dir, &filestore.Options{Now: (&clock{start}).now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		must(t, err)
		for n := range 3 {
			rec := session(n, "ann")
			rec.ID[0] = byte(n)
			must(t, s.Create(ctx, rec))
		}
		must(t, s.Close())
		must(t, os.Rename(filepath.Join(dir, "records", "00"), filepath.Join(dir, "records", "away")))
		must(t, os.Symlink("away", filepath.Join(dir, "records", "00")))
		s, err = open(dir, &filestore.Options{Now: (&clock{start}).now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		must(t, err)
		if n := sweep(t, s, start.Add(time.Hour)); n != 2 {
			t.Errorf("%s: %d records are swept, want 2", way, n)
		}
		if !strings.Contains(log.String(), "00") {
			t.Errorf("%s: the log is %q", way, log.String())
		}
		must(t, s.Close())
	}
}

// What a process left that died while it wrote, the next writer or a sweep
// removes. While the writer lives, it holds the lock, and nobody removes it.
func TestCase41LitterOfTheDeadIsRemovedAndThatOfTheLivingIsNot(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s, other := open(t, dir), open(t, dir)
	rec := session(1, "")
	must(t, s.Create(ctx, rec))
	temp := filepath.Join(filepath.Dir(filestore.RecordPath(dir, rec.ID)), filestore.TempName)
	leave := func() { must(t, os.WriteFile(temp, []byte("half a record"), 0o600)) }
	there := func() bool { _, err := os.Lstat(temp); return err == nil }

	leave()
	release, err := filestore.Hold(other, rec.ID)
	must(t, err)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = s.Sweep(short, start, "", 10)
	if wants(t, err, context.DeadlineExceeded); !there() {
		t.Error("a sweep removed the file of a living writer")
	}
	release()
	if sweep(t, s, start); there() {
		t.Error("a sweep leaves the file of a dead writer")
	}
	leave()
	must(t, s.Replace(ctx, next(rec, "x"), 1))
	if there() {
		t.Error("a writer leaves the file of a dead one")
	}
	has(t, s, next(rec, "x"))
}
