package filestore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// mount mounts an empty tmpfs of some size, which only root may.
func mount(t *testing.T, size string) string {
	t.Helper()
	needsRoot(t)
	dir := t.TempDir()
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size="+size))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

func TestCase43AFullDiskIsAnErrorAndCostsNothing(t *testing.T) {
	for way, open := range openers() {
		for durability, name := range map[filestore.Durability]string{filestore.Process: "process", filestore.Machine: "machine"} {
			t.Run(way+", "+name, func(t *testing.T) {
				dir := filepath.Join(mount(t, "1m"), "sessions")
				s, err := open(dir, &filestore.Options{Now: (&clock{start}).now, Durability: durability})
				must(t, err)
				defer s.Close()
				fillsUp(t, s, dir)
			})
		}
	}
}

// fillsUp fills the disk. The call that finds it full says so and leaves
// nothing, what was there before is whole, and room that is made can be used.
func fillsUp(t *testing.T, s *filestore.Store, dir string) {
	ctx := context.Background()
	big := bytes.Repeat([]byte("0123456789abcdef"), 4<<10) // 64 KiB
	var recs []*coatcheck.Record
	for n := 0; ; n++ {
		rec := session(n, "ann")
		rec.Data = big
		if err := s.Create(ctx, rec); err != nil {
			wants(t, err, coatcheck.ErrFull)
			lacks(t, s, rec.ID)
			break
		}
		recs = append(recs, rec)
	}
	if len(recs) < 5 {
		t.Fatalf("the disk was full after %d records", len(recs))
	}
	before := len(files(t, dir))
	for _, rec := range recs {
		wants(t, s.Replace(ctx, next(rec, string(big)+"more"), rec.Version), coatcheck.ErrFull)
	}
	for _, rec := range recs {
		has(t, s, rec)
		must(t, s.Touch(ctx, rec.ID, rec.Deadline))
		has(t, s, rec.Touched(rec.Deadline))
	}
	requireOurNames(t, dir)
	if n := len(files(t, dir)); n != before {
		t.Errorf("there were %d files, now there are %d", before, n)
	}
	if n := len(owned(t, s, "ann")); n != len(recs) {
		t.Errorf("the index has %d entries for %d records", n, len(recs))
	}
	must(t, s.Delete(ctx, recs[0].ID))
	must(t, s.Delete(ctx, recs[1].ID))
	changed := next(recs[2].Touched(recs[2].Deadline), "smaller")
	must(t, s.Replace(ctx, changed, 1))
	has(t, s, changed)
}

// limited is set in a process whose files may not grow beyond 8 KiB.
const limited = "FILESTORE_LIMITED"

func TestCase43ALimitOfFileSizesIsAnErrorAndCostsNothing(t *testing.T) {
	if dir := os.Getenv(limited); dir != "" {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 8 << 10, Max: 8 << 10}))
		refusesBig(t, dir)
		fmt.Println("refused")
		return
	}
	dir := place(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestCase43ALimitOfFileSizesIsAnErrorAndCostsNothing$")
	cmd.Env = append(os.Environ(), limited+"="+dir)
	out, err := cmd.CombinedOutput()
	if line, _, _ := bufio.NewReader(bytes.NewReader(out)).ReadLine(); err != nil || string(line) != "refused" {
		t.Fatalf("%v\n%s", err, out)
	}
	has(t, open(t, dir), session(1, "ann"))
}

// refusesBig tries to write what is too big for this process.
func refusesBig(t *testing.T, dir string) {
	ctx := context.Background()
	for way, open := range openers() {
		s, err := open(dir, &filestore.Options{Now: (&clock{start}).now})
		must(t, err)
		rec, other := session(1, "ann"), session(2, "bob")
		if err := s.Create(ctx, rec); err != nil && !errors.Is(err, coatcheck.ErrExists) {
			t.Fatal(err)
		}
		other.Data = make([]byte, 20<<10)
		wants(t, s.Create(ctx, other), coatcheck.ErrTooLarge)
		wants(t, s.Replace(ctx, next(rec, string(other.Data)), 1), coatcheck.ErrTooLarge)
		has(t, s, rec)
		lacks(t, s, other.ID)
		if n := len(owned(t, s, "bob")); n != 0 {
			t.Errorf("%s: an entry is left of what was refused", way)
		}
		requireOurNames(t, dir)
		must(t, s.Close())
	}
}
