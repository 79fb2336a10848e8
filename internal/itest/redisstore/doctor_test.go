//go:build unix

package redisstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// settings returns the settings of which Doctor finds fault.
func settings(t *testing.T, s *redisstore.Store) (names []string) {
	t.Helper()
	found, err := s.Doctor(t.Context())
	must(t, err)
	for _, f := range found {
		t.Log(f)
		names = append(names, f.Setting)
	}
	slices.Sort(names)
	return names
}

// TestDoctor: each setting that may cost sessions is found, and a server that
// has none is well.
func TestDoctor(t *testing.T) {
	srv := server(t, &servers.Options{Durable: true})
	s := open(t, singleURL(srv.Addr), nil)
	if found := settings(t, s); len(found) > 0 {
		t.Errorf("a server that is well has %q", found)
	}
	for _, c := range [][2]string{
		{"maxmemory-policy", "allkeys-lru"}, {"maxmemory-policy", "volatile-lru"}, {"appendfsync", "everysec"},
	} {
		before, err := servers.RedisCLI(srv.Addr, "config", "get", c[0])
		must(t, err)
		_, err = servers.RedisCLI(srv.Addr, "config", "set", c[0], c[1])
		must(t, err)
		if found := settings(t, s); !slices.Equal(found, []string{c[0]}) {
			t.Errorf("with %s Doctor finds %q, want %s", c[1], found, c[0])
		}
		_, err = servers.RedisCLI(srv.Addr, "config", "set", c[0], strings.Fields(before)[1])
		must(t, err)
	}
	early := open(t, singleURL(srv.Addr), &redisstore.Options{Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	if found := settings(t, early); !slices.Equal(found, []string{"time"}) {
		t.Errorf("with clocks that differ Doctor finds %q", found)
	}
}

// TestDoctorFindsForgetfulServers: a server that keeps its data in memory only
// is found, and one that writes snapshots.
func TestDoctorFindsForgetfulServers(t *testing.T) {
	srv := server(t, &servers.Options{Args: []string{"--appendonly", "no"}})
	s := open(t, singleURL(srv.Addr), nil)
	for _, save := range []string{"", "3600 1"} {
		_, err := servers.RedisCLI(srv.Addr, "config", "set", "save", save)
		must(t, err)
		if found := settings(t, s); !slices.Equal(found, []string{"appendonly"}) {
			t.Errorf("with save %q Doctor finds %q", save, found)
		}
	}
}

// TestDoctorFindsReplicas: a replica in the place of its primary is found, and
// a client that reads from replicas.
func TestDoctorFindsReplicas(t *testing.T) {
	var replica *servers.Server
	for _, n := range three.Nodes {
		if !slices.Contains(primaries(t), n) {
			replica = n
		}
	}
	s := open(t, singleURL(replica.Addr), nil)
	if found := settings(t, s); !slices.Contains(found, "role") {
		t.Errorf("on a replica Doctor finds %q", found)
	}
	ours := open(t, clusterURL(three.Addrs()), nil)
	// A client hears of replicas only when they have taken something.
	eventually(t, "reads from replicas are found", func() error {
		for range 30 {
			stored(t, ours, newRecord(""))
		}
		client, err := valkey.NewClient(valkey.ClientOption{
			InitAddress: []string{three.Nodes[0].Addr}, Password: servers.Password, DisableCache: true,
			SendToReplicas: func(cmd valkey.Completed) bool { return cmd.IsReadOnly() },
		})
		must(t, err)
		defer client.Close()
		given, err := redisstore.New(client, nil)
		must(t, err)
		if found := settings(t, given); !slices.Contains(found, "SendToReplicas") {
			return fmt.Errorf("Doctor finds %q", found)
		}
		return nil
	})
	found := settings(t, ours)
	if slices.Contains(found, "SendToReplicas") || !slices.Contains(found, "min-replicas-to-write") {
		t.Errorf("of the cluster Doctor finds %q", found)
	}
}
