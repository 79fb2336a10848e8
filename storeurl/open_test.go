package storeurl_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// mux returns a Mux of the built-in schemes.
func mux(t testing.TB, schemes ...storeurl.Scheme) *storeurl.Mux {
	t.Helper()
	m, err := storeurl.New(&storeurl.Options{Schemes: schemes})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// session stores a session and returns its ID.
func session(t *testing.T, store coatcheck.Store) coatcheck.ID {
	t.Helper()
	m, err := coatcheck.New(store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.Open(t.Context(), "")
	if err == nil {
		err = s.Login(t.Context(), "ada")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.ID()
}

// TestOpen: each built-in scheme opens its store, which works.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for url, is := range map[string]func(coatcheck.Store) bool{
		"mem:":                   isA[*memstore.Store],
		"mem:?max_sessions=10":   isA[*memstore.Store],
		"mem:?":                  isA[*memstore.Store],
		"hash:" + dir + "/a":     isA[*hashstore.Store],
		"hash://" + dir + "/b":   isA[*hashstore.Store],
		"hash:" + dir + "/100%?": isA[*hashstore.Store],
		"hash:" + dir + "/a?.ht": isA[*hashstore.Store],
		"file:" + dir + "/d":     isA[*filestore.Store],
		"file:" + dir + "/e%20f?durability=machine": isA[*filestore.Store],
	} {
		store, err := storeurl.Open(t.Context(), url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if !is(store) {
			t.Errorf("%s opens a %T", url, store)
		}
		session(t, store)
		if err := storeurl.Close(store); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, name := range []string{"a", "b", "100%", "a?.ht", "d", "e f"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func isA[T coatcheck.Store](s coatcheck.Store) bool {
	_, ok := s.(T)
	return ok
}

// TestRelativePath: a path without a slash in front begins at the working
// directory.
func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, url := range []string{"hash:sessions.ht", "file:sessions", "mem:?snapshot=saved"} {
		store, err := storeurl.Open(t.Context(), url)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		session(t, store)
		if err := storeurl.Close(store); err != nil {
			t.Fatalf("%s: %v", url, err)
		}
	}
	for _, name := range []string{"sessions.ht", "sessions", "saved"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestStoresKeepWhatTheyHad: what one Open stored, the next one finds.
func TestStoresKeepWhatTheyHad(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{"hash:" + dir + "/h?durability=always", "file:" + dir + "/f", "mem:?snapshot=" + dir + "/m&snapshot_interval=off"} {
		s, err := mux(t).Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		store, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		id := session(t, store)
		if err := storeurl.Close(store); err != nil {
			t.Fatal(err)
		}
		again, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if rec, err := again.Load(t.Context(), id); err != nil || rec.Owner != "ada" {
			t.Errorf("%s: %v, %v", url, rec, err)
		}
		if err := storeurl.Close(again); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOptionsReachTheStore: the clock and the logger do, and parameters do.
func TestOptionsReachTheStore(t *testing.T) {
	now := time.Now().Add(-time.Hour)
	logger := slog.New(slog.DiscardHandler)
	far := storeurl.Scheme{Name: "far", Open: func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
		if r.Logger != logger || !r.Now().Equal(now) {
			t.Errorf("a scheme gets another logger or clock")
		}
		return closer{}, nil
	}}
	m, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{far}, Now: func() time.Time { return now }, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open(t.Context(), "far:"); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	for _, url := range []string{"mem:", "hash:" + dir + "/h", "file:" + dir + "/f"} {
		store, err := m.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		rec := &coatcheck.Record{ID: coatcheck.ID{1}, Created: now, Deadline: now.Add(time.Minute), Expires: now.Add(time.Minute), Version: 1}
		if err := store.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), rec.ID); err != nil {
			t.Errorf("%s: expired by another clock: %v", url, err)
		}
		if err := storeurl.Close(store); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpenErrors: errors of the stores come through, as what they are.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for url, want := range map[string]struct {
		is   error
		text string
	}{
		"hash:" + dir + "/absent?must_exist=true": {fs.ErrNotExist, "hashstore: open"},
		"hash:" + dir + "/no/such/folder":         {fs.ErrNotExist, "hashstore: open"},
		"file:" + dir + "/absent?must_exist=true": {nil, "filestore: open"},
		"ring:" + dir + "/absent.json":            {fs.ErrNotExist, "absent.json"},
		"hash:" + dir + "/h?max_bytes=1MiB":       {coatcheck.ErrInvalid, "max_bytes: hashstore:"},
	} {
		store, err := storeurl.Open(t.Context(), url)
		if store != nil || err == nil || !strings.Contains(err.Error(), want.text) || want.is != nil && !errors.Is(err, want.is) {
			t.Errorf("%s: %v, %v", url, store, err)
		}
	}
}

// TestOpenIsNotBegun: a context that is done opens nothing.
func TestOpenIsNotBegun(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if store, err := storeurl.Open(ctx, "hash:sessions.ht"); store != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", store, err)
	}
	if _, err := os.Stat("sessions.ht"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

// TestCloseOfAnything: Close does nothing to what cannot be closed.
func TestCloseOfAnything(t *testing.T) {
	if err := storeurl.Close(nil); err != nil {
		t.Error(err)
	}
	if err := storeurl.Close(struct{ coatcheck.Store }{}); err != nil {
		t.Error(err)
	}
	if err := storeurl.Close(closer{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

// A closer is a store that cannot be closed well.
type closer struct{ coatcheck.Store }

func (closer) Close() error { return io.ErrClosedPipe }

// TestSchemesOfTheCaller: a scheme gets its URL, its parameters and the context.
func TestSchemesOfTheCaller(t *testing.T) {
	type key struct{}
	var got *storeurl.Request
	m := mux(t, storeurl.Scheme{
		Name: "far", Form: "//HOST", Others: "whatever",
		Params: []storeurl.Param{{Name: "n", Kind: storeurl.Int}, {Name: "share", Kind: storeurl.Fraction}},
		Open: func(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
			if ctx.Value(key{}) != "here" {
				t.Error("it is another context")
			}
			got = r
			return closer{}, nil
		},
	})
	ctx := context.WithValue(t.Context(), key{}, "here")
	if _, err := m.Open(ctx, "far://a:1,b:2/c%20d?x=1%202&n=7&share=0.25&y=%26"); err != nil {
		t.Fatal(err)
	}
	if got.URL() != "far://a:1,b:2/c%20d?x=1%202&y=%26" || got.Int("n") != 7 || got.Fraction("share") != 0.25 {
		t.Errorf("%s, n %d, share %v", got.URL(), got.Int("n"), got.Fraction("share"))
	}
	mustPanic(t, func() { got.Text("absent") })
	mustPanic(t, func() { got.Bool("n") })
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

// TestNewErrors: a scheme that breaks a rule is refused.
func TestNewErrors(t *testing.T) {
	open := func(context.Context, *storeurl.Request) (coatcheck.Store, error) { return nil, nil }
	for want, s := range map[string]storeurl.Scheme{
		`the name of scheme "Far"`:                  {Name: "Far", Open: open},
		`scheme "far" has no Open`:                  {Name: "far"},
		`there are two schemes "mem"`:               {Name: "mem", Open: open},
		`the name of parameter "N"`:                 {Name: "far", Open: open, Params: []storeurl.Param{{Name: "N"}}},
		`has two parameters "n"`:                    {Name: "far", Open: open, Params: []storeurl.Param{{Name: "n"}, {Name: "n"}}},
		`has two parameters "password_file"`:        {Name: "far", Open: open, Password: true, Params: []storeurl.Param{{Name: "password", Kind: storeurl.Secret}}},
		`has a parameter "url"`:                     {Name: "far", Open: open, Params: []storeurl.Param{{Name: "url"}}},
		`parameter "n" has Kind 99; it must be one`: {Name: "far", Open: open, Params: []storeurl.Param{{Name: "n", Kind: 99}}},
	} {
		_, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{s}})
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
