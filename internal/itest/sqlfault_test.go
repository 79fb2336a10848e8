package itest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/sqlstore"
)

// toxins are what a network does to a connection.
var toxins = []struct{ name, json string }{
	{"latency", `{"type":"latency","stream":"downstream","attributes":{"latency":30,"jitter":30}}`},
	{"answers that come too late", `{"type":"latency","stream":"downstream","attributes":{"latency":600}}`},
	{"reset of requests", `{"type":"reset_peer","stream":"upstream","attributes":{"timeout":0}}`},
	{"reset of answers", `{"type":"reset_peer","stream":"downstream","attributes":{"timeout":5}}`},
	{"silence, then an end", `{"type":"timeout","stream":"downstream","attributes":{"timeout":50}}`},
	{"requests that vanish", `{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`},
	{"answers that vanish", `{"type":"timeout","stream":"downstream","attributes":{"timeout":0}}`},
	{"answers in pieces", `{"type":"slicer","stream":"downstream","attributes":{"average_size":7,"size_variation":3,"delay":100}}`},
	{"an end in mid-answer", `{"type":"limit_data","stream":"downstream","attributes":{"bytes":700}}`},
}

// proxied starts a proxy before a server.
func proxied(t *testing.T, upstream string) *toxiproxy.Proxy {
	t.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(api, t.Name(), "127.0.0.1:0", upstream)
	must(t, p.Start())
	t.Cleanup(p.Stop)
	return p
}

// TestSQLBadNetworks: whatever a network does, what was acknowledged is kept,
// every failure is an error in time, and when it is over all goes on.
func TestSQLBadNetworks(t *testing.T) {
	for name, server := range map[string]struct {
		shared *sharedServer
		driver string
		source func(string) string
	}{
		"postgres": {sharedPostgres, "pgx", servers.PostgresURL},
		"mariadb":  {sharedMariaDB, "mysql", servers.MariaDBSource},
	} {
		t.Run(name, func(t *testing.T) {
			addr, err := server.shared.address()
			must(t, err)
			p := proxied(t, addr)
			db, err := openDB(server.driver, server.source(p.Listen))
			must(t, err)
			defer db.Close()
			s := sqlDatabase{db, name, tableOf(t.TempDir())}.store(t, sqlstore.Options{})
			l := startLoad(t, s)
			faults := 0
			for range scale(1, 3) {
				for _, toxin := range toxins {
					spoil(t, p, toxin.name, toxin.json, func() { l.suffers(20, 900*time.Millisecond) })
					l.recovers(toxin.name)
					faults++
				}
				p.Stop() // nobody listens
				l.suffers(20, 500*time.Millisecond)
				must(t, p.Start())
				l.recovers("refusal")
				faults++
			}
			l.end()
			t.Logf("%d faults", faults)
			if l.unknown.Load() == 0 {
				t.Error("no fault met anybody")
			}
		})
	}
}

// spoil does something while the network is bad.
func spoil(t *testing.T, p *toxiproxy.Proxy, name, json string, something func()) {
	t.Helper()
	text := fmt.Sprintf(`{"name":"toxin","toxicity":1,%s`, strings.TrimPrefix(json, "{"))
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	something()
	ctx, cancel := context.WithTimeout(background, 10*time.Second)
	defer cancel()
	if err := p.Toxics.RemoveToxic(ctx, "toxin"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestSQLServersAreKilled: the server is killed under load and started again;
// what it had acknowledged is there, and the store goes on by itself.
func TestSQLServersAreKilled(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (*servers.Server, string, string){
		"postgres": func(t *testing.T) (*servers.Server, string, string) {
			s, source := ownPostgres(t)
			return s, "pgx", source
		},
		"mariadb": func(t *testing.T) (*servers.Server, string, string) {
			s, source := ownMariaDB(t)
			return s, "mysql", source
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, driver, source := start(t)
			db, err := openDB(driver, source)
			must(t, err)
			defer db.Close()
			l := startLoad(t, sqlDatabase{db, name, "killed"}.store(t, sqlstore.Options{}))
			for range scale(2, 10) {
				l.suffers(200, 2*time.Second)
				must(t, server.Kill())
				must(t, server.Start())
				l.recovers("a kill")
			}
			l.end()
		})
	}
}
