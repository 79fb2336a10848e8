package redisstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

const (
	single = iota
	sentinel
	cluster
)

func TestURLs(t *testing.T) {
	for _, c := range []struct {
		url                string
		shape              int
		tls                bool
		addrs              string
		master             string
		db                 int
		username, password string
	}{
		{url: "redis://localhost", addrs: "localhost:6379"},
		{url: "redis://localhost/", addrs: "localhost:6379"},
		{url: "redis://localhost:7000/3", addrs: "localhost:7000", db: 3},
		{url: "rediss://[::1]", addrs: "[::1]:6379", tls: true},
		{url: "valkey://[::1]:7000/", addrs: "[::1]:7000"},
		{url: "valkeys://h", addrs: "h:6379", tls: true},
		{url: "redis://:s3cret@h", addrs: "h:6379", password: "s3cret"},
		{url: "redis://ann:a%3Ab%40%2F@h", addrs: "h:6379", username: "ann", password: "a:b@/"},
		{url: "redis://ann:p@ss@h", addrs: "h:6379", username: "ann", password: "p@ss"},
		{url: "redis-sentinel://h1,h2:7000/mine", shape: sentinel, addrs: "h1:26379 h2:7000", master: "mine"},
		{url: "rediss-sentinel://ann:x@h1/a%20b/2", shape: sentinel, tls: true, addrs: "h1:26379", master: "a b", db: 2, username: "ann", password: "x"},
		{url: "redis-cluster://h1:7000,h2:7001,h1:7000", shape: cluster, addrs: "h1:7000 h2:7001"},
		{url: "valkeys-cluster://[::1],h2/0", shape: cluster, tls: true, addrs: "[::1]:6379 h2:6379"},
	} {
		shape, tls, addrs, master, db, username, password, err := redisstore.ParseURL(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if shape != c.shape || tls != c.tls || strings.Join(addrs, " ") != c.addrs || master != c.master || db != c.db ||
			username != c.username || password != c.password {
			t.Errorf("%s: %d %v %q %q %d %q %q", c.url, shape, tls, addrs, master, db, username, password)
		}
	}
}

// TestURLsThatAreNone: each is an error that says what to do, and that does not
// repeat the password.
func TestURLsThatAreNone(t *testing.T) {
	for _, url := range []string{
		"", "redis", "redis:h", "http://:s3cret@h", "redis://", "redis://:s3cret@", "redis://:s3cret@h:port", "redis://:s3cret@h:0",
		"redis://:s3cret@h:99999", "redis://:s3cret@::1", "redis://:s3cret@h1,h2", "redis://:s3cret@h/x", "redis://:s3cret@h/-1",
		"redis://:s3cret@h?db=1", "redis://:s3cret@h#x", "redis://:s3cret%zz@h", "redis-cluster://:s3cret@h1,,h2",
		"redis-cluster://:s3cret@h/1", "redis-sentinel://:s3cret@h", "redis-sentinel://:s3cret@h//1", "redis://:s3cret@h h",
	} {
		s, err := redisstore.Open(url, nil)
		if !errors.Is(err, coatcheck.ErrInvalid) || s != nil {
			t.Errorf("Open(%q): %v, want %v", url, err, coatcheck.ErrInvalid)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Open(%q): %v", url, err)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, url := range []string{"redis://u:p@h:1/2", "rediss-sentinel://[::1]:1,h/m/0", "valkey-cluster://a,b"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		_, _, addrs, _, db, _, _, err := redisstore.ParseURL(url)
		if err == nil && (len(addrs) == 0 || slices.Contains(addrs, "") || db < 0) {
			t.Errorf("%q: %q, %d", url, addrs, db)
		}
	})
}
