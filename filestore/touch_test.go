package filestore_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// A touch writes the deadline beside the one that counts, and nothing else.
func TestTouchWritesOneSlot(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s := open(t, dir)
	rec := session(1, "ann")
	must(t, s.Create(ctx, rec))
	path := filestore.RecordPath(dir, rec.ID)
	was, err := os.Stat(path)
	must(t, err)
	for n, at := range []int{filestore.SlotB, filestore.SlotA, filestore.SlotB} {
		before := read(t, path)
		expires := rec.Expires.Add(time.Duration(n+1) * time.Minute)
		must(t, s.Touch(ctx, rec.ID, expires))
		must(t, s.Touch(ctx, rec.ID, expires.Add(-time.Second))) // no effect
		after := read(t, path)
		copy(before[at:at+filestore.SlotSize], after[at:])
		if !bytes.Equal(before, after) {
			t.Error("a touch wrote elsewhere than into the slot that does not count")
		}
		has(t, s, rec.Touched(expires))
	}
	if is, err := os.Stat(path); err != nil || !os.SameFile(was, is) {
		t.Error("a touch wrote the file anew")
	}
}

// A write of a deadline that was torn leaves the one before.
func TestATornTouchLeavesTheDeadlineBefore(t *testing.T) {
	ctx := context.Background()
	dir := place(t)
	s := open(t, dir)
	rec := session(1, "")
	must(t, s.Create(ctx, rec))
	path := filestore.RecordPath(dir, rec.ID)
	before := read(t, path)
	touched := rec.Touched(rec.Expires.Add(time.Hour))
	must(t, s.Touch(ctx, rec.ID, touched.Expires))
	after := read(t, path)
	for n := range filestore.SlotSize + 1 {
		torn := bytes.Clone(before)
		copy(torn[filestore.SlotB:], after[filestore.SlotB:filestore.SlotB+n])
		must(t, os.WriteFile(path, torn, 0o600))
		// The last four bytes are zeros in any case.
		if n < filestore.SlotSize-4 {
			has(t, s, rec)
		} else {
			has(t, s, touched)
		}
		must(t, s.Touch(ctx, rec.ID, touched.Expires))
		has(t, s, touched)
	}
	after[filestore.SlotA]++
	after[filestore.SlotB]++
	must(t, os.WriteFile(path, after, 0o600))
	_, err := s.Load(ctx, rec.ID)
	wants(t, err, coatcheck.ErrCorrupt)
	wants(t, s.Touch(ctx, rec.ID, rec.Deadline), coatcheck.ErrCorrupt)
}

// A reader who meets a slot that is just being written reads again: the other
// one, which was read before, may lack a touch that was acknowledged.
func TestAReaderDoesNotTrustOneSlotAlone(t *testing.T) {
	rec := session(1, "")
	early, err := filestore.Encode(rec)
	must(t, err)
	late, err := filestore.Encode(rec.Touched(rec.Expires.Add(time.Hour)))
	must(t, err)
	torn := bytes.Clone(early)
	copy(torn[filestore.SlotB:], late[filestore.SlotB:filestore.SlotB+8])
	got, err := filestore.LoadFrom(rec.ID, torn, late)
	must(t, err)
	same(t, got, rec.Touched(rec.Expires.Add(time.Hour)))
	got, err = filestore.LoadFrom(rec.ID, torn) // a crash left it so
	must(t, err)
	same(t, got, rec)
}

// Whoever reads while a session is touched and replaced sees deadlines that
// never go back, and never damage.
func TestReadersDuringTouches(t *testing.T) {
	ctx := context.Background()
	s := open(t, place(t))
	rec := session(1, "")
	must(t, s.Create(ctx, rec))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 3000 {
			if err := s.Touch(ctx, rec.ID, rec.Expires.Add(time.Duration(n)*time.Second)); err != nil {
				t.Error(err)
			}
		}
	}()
	for last := rec.Expires; ; {
		got, err := s.Load(ctx, rec.ID)
		must(t, err)
		if got.Expires.Before(last) {
			t.Fatalf("the deadline went back from %v to %v", last, got.Expires)
		}
		last = got.Expires
		select {
		case <-done:
			return
		default:
		}
	}
}
