package filestore_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/filestore"
)

// ours are the only names that there may be in a store's directory.
var ours = regexp.MustCompile(`^(state|records/[0-9a-f]{2}/([0-9a-f]{64}|lock)|owners/[0-9a-f]{2}/[0-9a-f]{32}-[0-9a-f]{64}|lock)$`)

func requireOurNames(t *testing.T, dir string) {
	t.Helper()
	for _, path := range files(t, dir) {
		name, err := filepath.Rel(dir, path)
		must(t, err)
		if !ours.MatchString(filepath.ToSlash(name)) {
			t.Errorf("there is a file %q", name)
		}
	}
}

var views = coatcheck.NewKey[int]("views")

// A client's token reaches no file name: cookies that are paths or the names of
// devices open nothing and make no file, and a session gets a name of its own.
func TestCase28NamesComeFromHashes(t *testing.T) {
	dir := place(t)
	store, err := filestore.Open(dir, nil)
	must(t, err)
	defer store.Close()
	m, err := coatcheck.New(store, nil)
	must(t, err)
	defer m.Close()
	for _, token := range []string{"../../etc/passwd", "a/b", "NUL", "CON", strings.Repeat("../", 14) + "x", strings.Repeat("A", 43)} {
		r := httptest.NewRequest("GET", "https://site.test/", nil)
		r.Header.Set("Cookie", "__Host-id="+token)
		before := len(files(t, dir))
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			must(t, err)
			if !s.IsNew() {
				t.Errorf("%q opens a session", token)
			}
			if len(files(t, dir)) != before {
				t.Errorf("%q made a file", token)
			}
			views.Set(s, 1)
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
	coatchecktest.Login(t, m, httptest.NewRequest("GET", "/", nil), "../../owner/\x00", nil)
	requireOurNames(t, dir)
	if n := len(files(t, filepath.Join(dir, "records"))); n != 7 {
		t.Errorf("%d sessions, want 7", n)
	}
}

// IDs are distinct on a file system that knows no difference between A and a:
// their names have only one case, and a token of another case has another ID.
func TestCase29NamesDifferBeyondTheirCase(t *testing.T) {
	dir := place(t)
	s := open(t, dir)
	must(t, s.Create(context.Background(), session(1, "Owner")))
	must(t, s.Create(context.Background(), session(2, "owner")))
	seen := map[string]bool{}
	for _, path := range files(t, dir) {
		if name := filepath.Base(path); seen[strings.ToUpper(name)] || name != strings.ToLower(name) {
			t.Errorf("%s may be another's file", name)
		} else {
			seen[strings.ToUpper(name)] = true
		}
	}
	if len(owned(t, s, "Owner")) != 1 || len(owned(t, s, "owner")) != 1 {
		t.Error("two owners of different case have each other's sessions")
	}
}

// Whatever is done, there are only files of our own names, made of hashes, for
// their owner alone, and none of them is half written; a link is not followed.
func TestRequirement25FilesAreOurs(t *testing.T) {
	dir := place(t)
	s := open(t, dir)
	ctx := context.Background()
	for n, owner := range []string{"", "ann", "../../ann"} {
		rec := session(n, owner)
		must(t, s.Create(ctx, rec))
		must(t, s.Replace(ctx, next(rec, "x"), rec.Version))
	}
	requireOurNames(t, dir)
	for _, path := range files(t, dir) {
		info, err := os.Lstat(path)
		must(t, err)
		if info.Mode() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	path := filestore.RecordPath(dir, session(1, "ann").ID)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.Rename(path, outside))
	if os.Symlink(outside, path) == nil {
		_, err := s.Load(ctx, session(1, "ann").ID)
		wants(t, err, coatcheck.ErrCorrupt)
	}
}
