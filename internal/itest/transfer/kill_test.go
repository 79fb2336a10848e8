//go:build unix

package transfer_test

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// kills is how often the program is killed on its way.
const kills = 20

// sessions is how many there are to copy.
func sessions(t *testing.T) int {
	s := os.Getenv("COATCHECK_COPY_SESSIONS")
	if s == "" {
		return 1500
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("COATCHECK_COPY_SESSIONS is %q; want a number above 0", s)
	}
	return n
}

// A copy to PostgreSQL that is killed time and again, while FROM is in use, is
// complete in the end, and brings nothing back that was ended.
func TestKilledCopyToPostgres(t *testing.T) {
	server, err := servers.Postgres(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	url := servers.PostgresURL(server.Addr)
	killedCopy(t, url, func() coatcheck.Store {
		db, err := openPostgres(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		store, err := sqlstore.Open(db, nil)
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

// So is one to Redis.
func TestKilledCopyToRedis(t *testing.T) {
	server, err := servers.Redis(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	url := "redis://:" + servers.Password + "@" + server.Addr
	killedCopy(t, url, func() coatcheck.Store {
		store, err := redisstore.Open(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

// killedCopy copies a file to the store of a URL, which open opens.
func killedCopy(t *testing.T, url string, open func() coatcheck.Store) {
	file := filepath.Join(t.TempDir(), "sessions")
	from, err := hashstore.Open(file, &hashstore.Options{Durability: hashstore.None(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	u := &users{t: t, store: from, dead: map[coatcheck.ID]bool{}}
	n := sessions(t)
	u.begin(n)
	p, span := copies(t, file, url, "--rate", "3000", "--batch", "50"), 700*time.Millisecond
	if n > 10_000 { // as fast as it goes, and killed on all of the way
		p, span = copies(t, file, url), time.Duration(n)*12*time.Microsecond
	}
	stop := u.work(2 * time.Millisecond)
	begun := time.Now()
	for killed := 0; killed < kills; {
		switch code, said := p.run(rand.N(span)); code {
		case -1:
			killed++
		case 0, 7: // it came to its end, or found new changes in every pass
		default:
			t.Fatalf("exit code %d: %s", code, said)
		}
	}
	stop()
	t.Logf("killed %d times in %v, while %d sessions changed", kills, time.Since(begun).Round(time.Millisecond), u.deeds)
	begun = time.Now()
	said := p.finish()
	t.Logf("the last run took %v and says %s", time.Since(begun).Round(time.Millisecond), said)
	to := open()
	if c, ok := to.(io.Closer); ok {
		defer c.Close()
	}
	compare(t, u, to)
}

// compare wants the same records on both sides, to the byte.
func compare(t *testing.T, u *users, to coatcheck.Store) {
	t.Helper()
	got := digests(t, to)
	n, wrong := 0, 0
	each(t, u.store, func(rec *coatcheck.Record) {
		n++
		if d, ok := got[rec.ID]; d != digest(rec) {
			if wrong++; wrong < 5 {
				t.Errorf("session %s is another in TO, or not there (%v)", rec.ID.Short(), ok)
			}
		}
		delete(got, rec.ID)
	})
	for id := range got {
		if wrong++; wrong < 5 {
			t.Errorf("session %s is in TO alone; that FROM had ended it is %v", id.Short(), u.dead[id])
		}
	}
	t.Logf("%d sessions are compared, %d of them wrong", n, wrong)
}

// digests returns a digest of each record.
func digests(t *testing.T, s coatcheck.Store) map[coatcheck.ID][32]byte {
	t.Helper()
	all := map[coatcheck.ID][32]byte{}
	each(t, s, func(rec *coatcheck.Record) { all[rec.ID] = digest(rec) })
	return all
}

func digest(rec *coatcheck.Record) [32]byte {
	b, _ := rec.MarshalBinary()
	return sha256.Sum256(b)
}

// each calls fn for every live record.
func each(t *testing.T, s coatcheck.Store, fn func(*coatcheck.Record)) {
	t.Helper()
	now := time.Now()
	for cursor := ""; ; {
		recs, next, err := s.(coatcheck.Lister).List(context.Background(), cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range recs {
			if rec.Live(now) {
				fn(rec)
			}
		}
		if cursor = next; next == "" {
			return
		}
	}
}
