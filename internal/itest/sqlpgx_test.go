package itest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// TestPgxModes: however pgx was told to run queries, even where it cannot keep
// the one of a load prepared, the store finds what is there, and that nothing is.
func TestPgxModes(t *testing.T) {
	addr, err := sharedPostgres.address()
	must(t, err)
	made := database(t, "postgres")
	made.store(t, sqlstore.Options{})
	for i, setting := range []string{
		"", "&statement_cache_capacity=0", "&default_query_exec_mode=cache_describe", "&default_query_exec_mode=describe_exec",
		"&default_query_exec_mode=exec", "&default_query_exec_mode=simple_protocol",
	} {
		t.Run(setting, func(t *testing.T) {
			db, err := openDB("pgx", servers.PostgresURL(addr)+setting)
			must(t, err)
			defer db.Close()
			s, err := sqlstore.Open(db, &sqlstore.Options{Table: made.table})
			must(t, err)
			defer s.Close()
			rec := sqlRecord(i, time.Now())
			rec.Data = []byte("\x00'\\\xff")
			must(t, s.Create(t.Context(), rec))
			for range 3 {
				got, err := s.Load(t.Context(), rec.ID)
				must(t, err)
				if !bytes.Equal(got.Data, rec.Data) || got.Version != rec.Version || !got.Expires.Equal(rec.Expires) {
					t.Errorf("%+v", got)
				}
				if _, err := s.Load(t.Context(), coatcheck.ID{}); !errors.Is(err, coatcheck.ErrNotFound) {
					t.Errorf("of nothing: %v", err)
				}
			}
			if n := db.Stats().InUse; n != 0 {
				t.Errorf("%d connections are in use", n)
			}
		})
	}
}

// TestPostgresLoadEndsInTime: a load that waits for a lock ends with its
// context, and what was asked of the connection is over.
func TestPostgresLoadEndsInTime(t *testing.T) {
	db := database(t, "postgres")
	s := db.store(t, sqlstore.Options{})
	rec := sqlRecord(1, time.Now())
	must(t, s.Create(t.Context(), rec))
	tx, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	defer tx.Rollback()
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE "+db.table+" IN ACCESS EXCLUSIVE MODE")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Load(ctx, rec.ID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	must(t, tx.Rollback())
	_, err = s.Load(t.Context(), rec.ID)
	must(t, err)
}

// TestPostgresTableIsAltered: statements that were prepared before the type of
// a column was changed are prepared anew, however many use them just then: when
// somebody has put the column right again, all is as before.
func TestPostgresTableIsAltered(t *testing.T) {
	db := database(t, "postgres")
	s := db.store(t, sqlstore.Options{})
	rec := sqlRecord(1, time.Now())
	must(t, s.Create(t.Context(), rec))
	together := func(judge func(error)) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 3 {
					_, err := s.Load(t.Context(), rec.ID)
					_, _, lerr := s.List(t.Context(), "", 10)
					judge(errors.Join(err, lerr, s.Touch(t.Context(), rec.ID, rec.Expires), s.Replace(t.Context(), rec, rec.Version)))
				}
			})
		}
		all.Wait()
	}
	for _, number := range []string{"bigint", "numeric", "bigint"} {
		db.do(t, "ALTER TABLE "+db.table+" ALTER COLUMN expires TYPE "+number)
		together(func(err error) {
			if number == "numeric" && errors.Is(err, coatcheck.ErrCorrupt) && !strings.Contains(err.Error(), "plan") {
				return // no number of ours
			}
			if err != nil {
				t.Errorf("%s: %v", number, err)
			}
		})
	}
}
