package coatcheck_test

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// tcpFile makes a file of n random bytes.
func tcpFile(t *testing.T, n int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	path = filepath.Join(t.TempDir(), "coat.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// servesFile reports whether the socket was handed a file to copy from, which
// is where the kernel takes over (sendfile).
func (l *tcpListener) servesFile() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, src := range l.sources {
		if limited, ok := src.(*io.LimitedReader); ok {
			src = limited.R
		}
		// Copy hides one of the file's methods, so that it comes as another
		// type; the socket asks for these.
		if _, ok := src.(interface {
			fs.File
			syscall.Conn
		}); ok {
			return true
		}
	}
	return false
}

// A file goes from the disk to the socket without passing through us, and the
// session is saved before its first byte.
func TestFileGoesToTheSocketDirectly(t *testing.T) {
	path, content := tcpFile(t, 1<<20)
	send := map[string]func(http.ResponseWriter, *http.Request, *os.File){
		"Copy": func(w http.ResponseWriter, _ *http.Request, f *os.File) {
			w.Header().Set("Content-Length", "1048576")
			if n, err := io.Copy(w, f); n != 1<<20 || err != nil {
				t.Errorf("Copy: %d, %v", n, err)
			}
		},
		"ServeContent": func(w http.ResponseWriter, r *http.Request, f *os.File) {
			http.ServeContent(w, r, "coat.bin", time.Time{}, f)
		},
	}
	for name, send := range send {
		t.Run(name, func(t *testing.T) {
			site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
				tcpNote.Set(tcpSession(t, r), "coat")
				f, err := os.Open(path)
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				send(w, r, f)
			})
			r := site.get("/")
			if !bytes.Equal([]byte(r.body), content) || !r.setsCookie() {
				t.Errorf("%d bytes, headers %v", len(r.body), r.Header)
			}
			if !site.wire.servesFile() {
				t.Error("the socket never saw the file: it was copied through the handler")
			}
			if at := site.savedAt(); len(at) != 1 || at[0] != 0 {
				t.Errorf("bytes on the wire at the saves: %d, want one save at 0", at)
			}
			site.wants("coat")
		})
	}
}

// Ranges and conditions are http.ServeContent's business; it finds all it
// needs in our writer.
func TestServeContentAnswersRangesAndConditions(t *testing.T) {
	path, content := tcpFile(t, 10_000)
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpHits.Update(tcpSession(t, r), func(n int) int { return n + 1 })
		w.Header().Set("Etag", `"1"`)
		http.ServeFile(w, r, path)
	})
	for i, c := range []struct {
		header, value string
		status        int
		body          []byte
	}{
		{"Accept", "*/*", http.StatusOK, content},
		{"Range", "bytes=100-199", http.StatusPartialContent, content[100:200]},
		{"If-None-Match", `"1"`, http.StatusNotModified, nil},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(c.header, c.value)
		if r := site.do(req); r.StatusCode != c.status || !bytes.Equal([]byte(r.body), c.body) {
			t.Errorf("%s: %d with %d bytes, want %d with %d", c.header, r.StatusCode, len(r.body), c.status, len(c.body))
		}
		if n := tcpHits.Get(site.kept()); n != i+1 {
			t.Errorf("%s: counted %d, want %d", c.header, n, i+1)
		}
	}
}
