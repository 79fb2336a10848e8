//go:build unix

package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// TestDeadEntriesGo: an entry whose record has gone is taken out when it is met
// by Owned or by Sweep, but not while its record may still be on its way.
func TestDeadEntriesGo(t *testing.T) {
	for name, url := range map[string]string{"one": singleURL(one.Addr), "cluster": clusterURL(three.Addrs())} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url, nil)
			cli := func(args ...string) string {
				t.Helper()
				addr := one.Addr
				if name == "cluster" {
					addr = three.Nodes[0].Addr
				}
				text, err := servers.RedisCLI(addr, append([]string{"-c"}, args...)...)
				must(t, err)
				return text
			}
			owner := "dead " + name
			live := stored(t, s, newRecord(owner))
			dead := newRecord(owner)
			plant := func(born time.Time) {
				cli("zadd", "coatcheck:o:"+owner, "0", dead.ID.String()+" "+millis(dead.Deadline)+" "+millis(born)+"000")
			}
			entries := func() string { return cli("zrange", "coatcheck:o:"+owner, "0", "-1") }
			met := map[string]func(){
				"Owned": func() {
					_, _, err := s.Owned(t.Context(), owner, "", 10)
					must(t, err)
				},
				"Sweep": func() { sweep(t, s, time.Now().Add(-time.Hour)) },
			}
			for way, meet := range met {
				plant(time.Now())
				meet()
				if !strings.Contains(entries(), dead.ID.String()) {
					t.Errorf("%s takes out an entry whose record may still come", way)
				}
				cli("del", "coatcheck:o:"+owner)
				plant(time.Now().Add(-2 * time.Minute))
				cli("zadd", "coatcheck:o:"+owner, "0", live.ID.String()+" "+entryOf(cli, live))
				meet()
				if strings.Contains(entries(), dead.ID.String()) {
					t.Errorf("%s leaves a dead entry", way)
				}
				if !strings.Contains(entries(), live.ID.String()) {
					t.Errorf("%s takes out a live entry", way)
				}
			}
		})
	}
}

// entryOf is what a record says of its entry.
func entryOf(cli func(...string) string, rec *coatcheck.Record) string {
	return cli("hget", "coatcheck:s:"+rec.ID.String(), "entry")
}

// sweep sweeps the whole store.
func sweep(t *testing.T, s coatcheck.Sweeper, before time.Time) (n int) {
	t.Helper()
	for cursor := ""; ; {
		r, err := s.Sweep(t.Context(), before, cursor, 500)
		must(t, err)
		n += r.Deleted
		if r.Next == "" {
			return n
		}
		if r.Next == cursor {
			t.Fatal("the sweep does not advance")
		}
		cursor = r.Next
	}
}

// TestEntryPrecedesRecord: on a cluster, a Create that could not enter the
// record into its owner's index has not stored it either.
func TestEntryPrecedesRecord(t *testing.T) {
	srv := server(t, &servers.Options{Args: []string{"--cluster-enabled", "yes"}})
	_, err := servers.RedisCLI(srv.Addr, "cluster", "addslotsrange", "0", "16383")
	must(t, err)
	eventually(t, "the cluster is well", func() error {
		text, err := servers.RedisCLI(srv.Addr, "cluster", "info")
		if err == nil && !strings.Contains(text, "cluster_state:ok") {
			err = errors.New(text)
		}
		return err
	})
	s := open(t, clusterURL(srv.Addr), nil)
	_, err = servers.RedisCLI(srv.Addr, "set", "coatcheck:o:ann", "no index")
	must(t, err)
	rec := newRecord("ann")
	if err := s.Create(t.Context(), rec); err == nil {
		t.Error("Create without an index: no error")
	}
	if _, err := s.Load(t.Context(), rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
}

// TestIndexEndsByItself: the index of an owner who never comes back goes with
// the last deadline, and is not cut short by a session that ends sooner.
func TestIndexEndsByItself(t *testing.T) {
	s := open(t, singleURL(one.Addr), nil)
	long, short := newRecord("goes"), newRecord("goes")
	short.Deadline = short.Expires
	stored(t, s, long)
	stored(t, s, short)
	text, err := servers.RedisCLI(one.Addr, "pexpiretime", "coatcheck:o:goes")
	must(t, err)
	if at := unmillis(t, text); at.Before(long.Deadline) || at.After(long.Deadline.Add(10*time.Minute)) {
		t.Errorf("the index ends at %v, its last session at %v", at, long.Deadline)
	}
}
