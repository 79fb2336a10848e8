package sqlstore_test

import (
	"database/sql/driver"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestImportReadsNumbers: a number with a fraction is a Julian day as SQLite has
// it, or a time since 1970 as it comes from many a language, and never one that
// makes a session immortal.
func TestImportReadsNumbers(t *testing.T) {
	end := time.Date(2096, 5, 6, 7, 8, 9, 500e6, time.UTC)
	seconds := float64(end.UnixMilli()) / 1000
	for name, c := range map[string]struct {
		column driver.Value
		want   time.Time // zero: an error
	}{
		"Julian day":         {seconds/86400 + 2440587.5, end},
		"seconds":            {seconds, end},
		"milliseconds":       {seconds * 1000, end},
		"whole seconds":      {end.Unix(), end.Truncate(time.Second)},
		"whole milliseconds": {end.UnixMilli(), end},
		"microseconds":       {seconds * 1e6, time.Time{}},
		"infinity":           {math.Inf(1), time.Time{}},
		"none":               {math.NaN(), time.Time{}},
	} {
		s := &script{answer: func(string, []driver.NamedValue) (reply, error) {
			return reply{rows: [][]driver.Value{{"key", []byte("{}"), c.column}}}, nil
		}}
		store, _ := openDB(t, s, sqlstore.SQLite)
		var got time.Time
		_, err := store.Import(t.Context(), sqlstore.Source{Table: "theirs", Key: "k", Data: "d", Expires: "e"},
			func(e sqlstore.Entry) (*coatcheck.Record, error) { got = e.Expires; return nil, nil })
		if c.want.IsZero() {
			if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Source.Time") {
				t.Errorf("%s: error is %v", name, err)
			}
			continue
		}
		if d := got.Sub(c.want).Abs(); err != nil || d > time.Millisecond {
			t.Errorf("%s: %v is read as %v, %v", name, c.column, got, err)
		}
	}
}
