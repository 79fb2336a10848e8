package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/filestore"
)

// A shelf is what a bare site needs of its backend: one record by its key.
type shelf struct {
	create func(ctx context.Context, rec *coatcheck.Record) error
	read   func(ctx context.Context, id coatcheck.ID) (data []byte, err error)
	write  func(ctx context.Context, id coatcheck.ID, data []byte) error
}

// The cookie of the bare sites is as long as ours, and so are the replies.
const bareCookie = "__Host-id"

var varyCookie = []string{"Cookie"}

// barePages keep a record without being sessions: no check, no merging, no
// decoding. They read the record as often as those with sessions do, and look
// for bytes in it.
func barePages(s shelf) http.Handler {
	return pages{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: func(w http.ResponseWriter, r *http.Request) {
			id, err := bareID(r)
			if failed(w, err) {
				return
			}
			data, err := s.read(r.Context(), id)
			if failed(w, err) {
				return
			}
			w.Header()["Vary"] = varyCookie
			_, _ = w.Write(bareField(data, nameMark))
		},
		load.CountPage: func(w http.ResponseWriter, r *http.Request) {
			id, err := bareID(r)
			if failed(w, err) {
				return
			}
			data, err := s.read(r.Context(), id)
			if failed(w, err) {
				return
			}
			digits := bareField(data, countMark)
			n, err := strconv.Atoi(string(digits))
			if failed(w, err) {
				return
			}
			copy(digits, fmt.Sprintf("%0*d", countDigits, n+1))
			if failed(w, s.write(r.Context(), id, data)) {
				return
			}
			w.Header()["Vary"] = varyCookie
			_, _ = io.WriteString(w, strconv.Itoa(n+1))
		},
		load.SeedPage: func(w http.ResponseWriter, r *http.Request) {
			token := rand.Text() + rand.Text()[:17]
			if failed(w, s.create(r.Context(), bareRecord(idOf(token), r.URL.Query().Get("name")))) {
				return
			}
			http.SetCookie(w, &http.Cookie{Name: bareCookie, Value: token})
			_, _ = io.WriteString(w, "ok")
		},
	}
}

// idOf makes a key of a cookie's value.
func idOf(token string) (id coatcheck.ID) {
	copy(id[:], token)
	return id
}

func bareID(r *http.Request) (coatcheck.ID, error) {
	c, err := r.Cookie(bareCookie)
	if err != nil {
		return coatcheck.ID{}, err
	}
	return idOf(c.Value), nil
}

// What stands before the two fields, and how long the second one is.
var (
	nameMark  = []byte(`"name":"`)
	countMark = []byte(`"count":"`)
)

const countDigits = 10

// bareField returns the bytes of a field up to the quote.
func bareField(data, mark []byte) []byte {
	i := bytes.Index(data, mark)
	if i < 0 {
		return nil
	}
	data = data[i+len(mark):]
	return data[:max(bytes.IndexByte(data, '"'), 0)]
}

// bareRecord is about as large as one of ours.
func bareRecord(id coatcheck.ID, name string) *coatcheck.Record {
	values := seedValues()
	values["name"], values["count"] = name, fmt.Sprintf("%0*d", countDigits, 0)
	data, _ := json.Marshal(values)
	now := time.Now().UTC().Truncate(time.Millisecond)
	return &coatcheck.Record{
		ID: id, Data: data, Meta: make([]byte, 25), Version: 1,
		Created: now, Expires: now.Add(time.Hour), Deadline: now.Add(24 * time.Hour),
	}
}

// openBareSQL is the SELECT of a load on a table of ours, in a handler. To
// count, it updates the data by the primary key.
func openBareSQL(p place) (http.Handler, error) {
	store, err := openTable(p, "bare_sessions")
	if err != nil {
		return nil, err
	}
	db, err := openSQL(p)
	if err != nil {
		return nil, err
	}
	selects, err := db.Prepare("SELECT head, data, expires FROM bare_sessions WHERE id = " + p.parameter(1))
	if err != nil {
		return nil, err
	}
	updates, err := db.Prepare("UPDATE bare_sessions SET data = " + p.parameter(1) + " WHERE id = " + p.parameter(2))
	if err != nil {
		return nil, err
	}
	return barePages(shelf{
		create: store.Create,
		read: func(ctx context.Context, id coatcheck.ID) (data []byte, err error) {
			var (
				head    []byte
				expires int64
			)
			err = selects.QueryRowContext(ctx, id[:]).Scan(&head, &data, &expires)
			return data, err
		},
		write: func(ctx context.Context, id coatcheck.ID, data []byte) error {
			_, err := updates.ExecContext(ctx, data, id[:])
			return err
		},
	}), nil
}

// openBareFiles reads the files that filestore makes, and to count writes
// into them where they are.
func openBareFiles(p place) (http.Handler, error) {
	dir, err := p.directory("bare")
	if err != nil {
		return nil, err
	}
	store, err := filestore.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	var paths sync.Map
	path := func(id coatcheck.ID) string {
		p, _ := paths.Load(id)
		s, _ := p.(string)
		return s
	}
	return barePages(shelf{
		create: func(ctx context.Context, rec *coatcheck.Record) error {
			err := store.Create(ctx, rec)
			if err != nil {
				return err
			}
			found, err := fileWith(dir, rec.Data)
			paths.Store(rec.ID, found)
			return err
		},
		read: func(_ context.Context, id coatcheck.ID) ([]byte, error) { return os.ReadFile(path(id)) },
		write: func(_ context.Context, id coatcheck.ID, data []byte) error {
			f, err := os.OpenFile(path(id), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.Write(data)
			return errors.Join(err, f.Close())
		},
	}), nil
}

// fileWith returns the file below dir that contains data.
func fileWith(dir string, data []byte) (found string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, data) {
			found = path
			return fs.SkipAll
		}
		return nil // it may have gone meanwhile
	})
	if err == nil && found == "" {
		err = fmt.Errorf("no file of filestore's contains the record")
	}
	return found, err
}
