package itest_test

import (
	"strings"
	"testing"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// pairOn runs a test on the store of a name.
func pairOn(t *testing.T, name string, test func(p *pair)) {
	t.Helper()
	for _, target := range targets {
		if target.name == name {
			t.Run(name, func(t *testing.T) { runPair(t, target, test) })
			return
		}
	}
	t.Fatalf("there is no target %q", name)
}

// What would be a command to memcached, or too long for a key, is no token, and
// none of it reaches the client: keys are made of hashes.
func TestCase30CommandsInAToken(t *testing.T) {
	pairOn(t, "memcached", func(p *pair) {
		token := p.begin("ada")
		for _, text := range []string{"a b", "x\r\nflush_all\r\n", strings.Repeat("k", 251), `\015\012flush_all`, "\x00", string(token[:20]) + "\r\nflush_all\r\n" + string(token[33:])} {
			if s := p.open(p.b, coatcheck.Token(text)); !s.IsNew() {
				p.t.Errorf("%q opens a session", text)
			}
		}
		p.live("a session", token, "ada", "early")
		if _, err := memcachedClient(p.t).Get(prefixOf(p.bench.dir) + p.a.ID(token).String()); err != nil {
			p.t.Errorf("the key is not prefix and hash: %v", err)
		}
	})
}

// An application's own keys, were they the ID or the token itself, are neither
// taken for sessions nor overwritten by them.
func TestCase31KeysOfTheApplication(t *testing.T) {
	apart := func(set func(p *pair, key string), get func(p *pair, key string) string) func(p *pair) {
		return func(p *pair) {
			token := p.begin("ada")
			id := p.a.ID(token).String()
			for _, key := range []string{id, string(token)} {
				set(p, key)
			}
			p.live("the session", token, "ada", "early")
			s := p.open(p.b, token)
			threatNote.Set(s, "late")
			p.must(s.Save(p.t.Context()))
			p.must(s.Destroy(p.t.Context()))
			for _, key := range []string{id, string(token)} {
				if got := get(p, key); got != "application" {
					p.t.Errorf("the application's key holds %q", got)
				}
			}
		}
	}
	pairOn(t, "memcached", apart(func(p *pair, key string) {
		p.must(memcachedClient(p.t).Set(&memcache.Item{Key: key, Value: []byte("application")}))
	}, func(p *pair, key string) string {
		it, err := memcachedClient(p.t).Get(key)
		p.must(err)
		return string(it.Value)
	}))
	redis := func(p *pair, args ...string) string {
		server, err := sharedRedis()
		p.must(err)
		out, err := servers.RedisCLI(server.Addr, args...)
		p.must(err)
		return out
	}
	pairOn(t, "redis", apart(func(p *pair, key string) { redis(p, "set", key, "application") },
		func(p *pair, key string) string { return redis(p, "get", key) }))
}
