package pages

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/load"
)

// A Shelf is what the bare site needs of its backend: one record by its key.
type Shelf struct {
	Create func(ctx context.Context, rec *coatcheck.Record) error
	Read   func(ctx context.Context, id coatcheck.ID) (data []byte, err error)
	Write  func(ctx context.Context, id coatcheck.ID, data []byte) error
}

// The cookie of the bare site is as long as ours, and so are the replies.
const bareCookie = "__Host-id"

var varyCookie = []string{"Cookie"}

// Bare is the site that keeps a record without being sessions: no check, no
// merging, no decoding. It reads the record as often as those with sessions do,
// and looks for bytes in it.
func Bare(s Shelf) http.Handler {
	return mux{
		load.NopPage: func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") },
		load.ReadPage: func(w http.ResponseWriter, r *http.Request) {
			id, err := bareID(r)
			if failed(w, err) {
				return
			}
			data, err := s.Read(r.Context(), id)
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
			data, err := s.Read(r.Context(), id)
			if failed(w, err) {
				return
			}
			digits := bareField(data, countMark)
			n, err := strconv.Atoi(string(digits))
			if failed(w, err) {
				return
			}
			copy(digits, fmt.Sprintf("%0*d", countDigits, n+1))
			if failed(w, s.Write(r.Context(), id, data)) {
				return
			}
			w.Header()["Vary"] = varyCookie
			_, _ = io.WriteString(w, strconv.Itoa(n+1))
		},
		load.SeedPage: func(w http.ResponseWriter, r *http.Request) {
			token := rand.Text() + rand.Text()[:17]
			if failed(w, s.Create(r.Context(), bareRecord(idOf(token), r.URL.Query().Get("name")))) {
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
	values := Values()
	values["name"], values["count"] = name, fmt.Sprintf("%0*d", countDigits, 0)
	data, _ := json.Marshal(values)
	now := time.Now().UTC().Truncate(time.Millisecond)
	return &coatcheck.Record{
		ID: id, Data: data, Meta: make([]byte, 25), Version: 1,
		Created: now, Expires: now.Add(time.Hour), Deadline: now.Add(24 * time.Hour),
	}
}
