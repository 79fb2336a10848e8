package hashstore_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// helper runs a test of this binary in a process of its own, which finds path in
// its environment, and wants it to pass.
func helper(t *testing.T, test, path, form string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), childPath+"="+path, childForm+"="+form)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Fatalf("%s in a process of its own: %v\n%s", test, err, out)
	}
}

// formName is what formOf reads.
func formName(o hashstore.Options) string {
	if o.Portable {
		return "portable"
	}
	return "map"
}

// A process that may not make files large gets errors, and no signal: what is
// there stays in use, and grows again where that is allowed.
func TestFileSizeIsLimited(t *testing.T) {
	forms(t, func(t *testing.T, o hashstore.Options) {
		path := filepath.Join(fastDir(t), "sessions")
		helper(t, "TestLimitedProcess", path, formName(o))
		o.MustExist = true
		s := open(t, path, o)
		st, err := s.Stat(t.Context())
		if err != nil || st.Records < 10 {
			t.Errorf("Stat after that: %+v, %v", st, err)
		}
		for range 300 {
			must(t, s.Create(t.Context(), record("bob", 10_000)))
		}
		sound(t, path)
	})
}

// TestLimitedProcess is that process.
func TestLimitedProcess(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		return // there is nothing to do but for a parent
	}
	o := formOf(os.Getenv(childForm))
	s := open(t, path, o)
	var recs []*coatcheck.Record
	for range 10 {
		rec := record("alice", 1000)
		must(t, s.Create(t.Context(), rec))
		recs = append(recs, rec)
	}
	info, err := os.Stat(path)
	must(t, err)
	limit := syscall.Rlimit{Cur: uint64(info.Size()) + 1<<20, Max: 1 << 40}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		rec := record("alice", 10_000)
		if err = s.Create(t.Context(), rec); err != nil {
			break
		}
		recs = append(recs, rec)
	}
	if !errors.Is(err, coatcheck.ErrFull) || !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Create beyond the limit: %v; want %v and %v", err, coatcheck.ErrFull, syscall.EFBIG)
	}
	for _, rec := range recs {
		if _, err := s.Load(t.Context(), rec.ID); err != nil {
			t.Fatalf("Load at the limit: %v", err)
		}
	}
	must(t, s.Touch(t.Context(), recs[0].ID, recs[0].Deadline))
	for _, rec := range recs[10:] {
		must(t, s.Delete(t.Context(), rec.ID))
	}
	must(t, s.Create(t.Context(), record("alice", 10_000)))
}
