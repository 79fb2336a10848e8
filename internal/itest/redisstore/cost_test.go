//go:build unix

package redisstore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// commands returns how often a server has run commands for clients, by name in
// small letters. Those that a script runs count, too, under the names that its
// lines use.
func commands(t testing.TB, addr string) map[string]int {
	t.Helper()
	text, err := servers.RedisCLI(addr, "info", "commandstats")
	must(t, err)
	n := map[string]int{}
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		var calls int
		if _, err := fmt.Sscanf(rest, "calls=%d", &calls); err == nil {
			n[name] = calls
		}
	}
	return n
}

// TestRequestsCostWhatTheyMust: a request that does not touch the session costs
// no command, one that reads it one, one that changes it one more.
func TestRequestsCostWhatTheyMust(t *testing.T) {
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	m, err := coatcheck.New(s, &coatcheck.Options{SweepInterval: coatcheck.NoSweep})
	must(t, err)
	defer m.Close()
	views := coatcheck.NewKey[int]("views")
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/untouched" {
			return
		}
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if views.Get(s); r.URL.Path == "/change" {
			views.Update(s, func(n int) int { return n + 1 })
		}
	}))
	cookie := ""
	request := func(path string) {
		r := httptest.NewRequest("GET", "https://example.com"+path, nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if c := w.Result().Cookies(); len(c) > 0 {
			cookie = c[0].Name + "=" + c[0].Value
		}
	}
	for range 2 { // the server learns the scripts
		request("/change")
	}
	const many = 20
	for _, c := range []struct {
		path           string
		reads, changes int
	}{{"/untouched", 0, 0}, {"/read", 1, 0}, {"/change", 1, 1}} {
		before := commands(t, srv.Addr)
		for range many {
			request(c.path)
		}
		after := commands(t, srv.Addr)
		changes := after["evalsha"] + after["eval"] - before["evalsha"] - before["eval"]
		// The script of a change reads once itself.
		reads := after["hmget"] - before["hmget"] - changes
		if reads != c.reads*many || changes != c.changes*many {
			t.Errorf("%d requests of %s: %d reads and %d changes", many, c.path, reads, changes)
		}
		for name, n := range after {
			switch name {
			case "hmget", "evalsha", "eval", "hset", "pexpire": // a script's own, too
			case "info", "auth", "ping": // ours and the client's, now and then
			default:
				if n != before[name] {
					t.Errorf("requests of %s run %s", c.path, name)
				}
			}
		}
	}
}

// TestCallsAreOneRoundTrip: each call of the contract is one command from the
// store to its server, whoever the session belongs to.
func TestCallsAreOneRoundTrip(t *testing.T) {
	r := newRelay(t, one.Addr)
	s := open(t, singleURL(r.addr), nil)
	for _, call := range calls { // the server learns the scripts
		must(t, call(t.Context(), s, stored(t, s, newRecord("ann"))))
	}
	sent := 0
	for _, owner := range []string{"", "ann"} {
		for name, call := range calls {
			rec := stored(t, s, newRecord(owner))
			r.on(func(cmd []string) fate {
				if !strings.EqualFold(cmd[0], "PING") && !strings.EqualFold(cmd[0], "ZREM") {
					sent++
				}
				return fate{}
			})
			sent = 0
			must(t, call(t.Context(), s, rec))
			r.on(nil)
			if sent != 1 {
				t.Errorf("%s of a session of %q: %d commands", name, owner, sent)
			}
		}
	}
}

// TestKeyOutlivesItsRecord: the server deletes a key by itself, but not before
// the record has ended, even if the record moves.
func TestKeyOutlivesItsRecord(t *testing.T) {
	s := open(t, singleURL(one.Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	rest := func() int64 { // milliseconds
		text, err := servers.RedisCLI(one.Addr, "pttl", "coatcheck:s:"+rec.ID.String())
		must(t, err)
		var ms int64
		fmt.Sscan(text, &ms)
		return ms
	}
	lives := func(until time.Time) {
		t.Helper()
		record, key := until.UnixMilli()-time.Now().UnixMilli(), rest()
		if key < record || key > record+(10*time.Minute).Milliseconds() {
			t.Errorf("the key lives %d ms longer, the record %d ms", key, record)
		}
	}
	lives(rec.Expires)
	must(t, s.Touch(t.Context(), rec.ID, rec.Expires.Add(time.Hour)))
	lives(rec.Expires.Add(time.Hour))
	end := next(rec)
	end.Owner, end.Deadline = "", time.Now().Add(time.Minute)
	end.Expires = end.Deadline
	must(t, s.Replace(t.Context(), end, rec.Version))
	lives(end.Expires)
	long := newRecord("ann")
	long.Deadline = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	long.Expires = long.Deadline
	rec = stored(t, s, long)
	lives(long.Expires)
}

// TestDataIsReadable: another program finds the JSON of a session with one
// command.
func TestDataIsReadable(t *testing.T) {
	s := open(t, singleURL(one.Addr), &redisstore.Options{Prefix: "readable:"})
	rec := stored(t, s, newRecord("ann"))
	text, err := servers.RedisCLI(one.Addr, "hget", "readable:s:"+rec.ID.String(), "data")
	if err != nil || text != `{"views":1}` {
		t.Errorf("HGET says %s, %v", text, err)
	}
}
