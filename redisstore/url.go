package redisstore

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// A target is what a URL says.
type target struct {
	shape              shape
	tls                bool
	addrs              []string // of servers, or of sentinels
	master             string   // the name by which sentinels know the server
	db                 int
	username, password string
}

// A shape is how the servers belong together.
type shape int

const (
	single shape = iota
	sentinel
	cluster
)

// schemes are the ways in which a URL may begin.
var schemes = map[string]target{
	"redis":            {shape: single},
	"rediss":           {shape: single, tls: true},
	"redis-sentinel":   {shape: sentinel},
	"rediss-sentinel":  {shape: sentinel, tls: true},
	"redis-cluster":    {shape: cluster},
	"rediss-cluster":   {shape: cluster, tls: true},
	"valkey":           {shape: single},
	"valkeys":          {shape: single, tls: true},
	"valkey-sentinel":  {shape: sentinel},
	"valkeys-sentinel": {shape: sentinel, tls: true},
	"valkey-cluster":   {shape: cluster},
	"valkeys-cluster":  {shape: cluster, tls: true},
}

// Ports where a URL names none.
const (
	serverPort   = "6379"
	sentinelPort = "26379"
)

// parse reads a URL. It does so by hand, since net/url takes one host only.
// Its errors never repeat the URL, which may hold a password.
func parse(text string) (target, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	t, known := schemes[scheme]
	if !ok || !known {
		return t, urlError("it must begin with redis://, rediss://, redis-sentinel:// or redis-cluster://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	if query != "" || strings.Contains(rest, "#") {
		return t, urlError("nothing may follow the path: settings go into Options")
	}
	hosts, path, _ := strings.Cut(rest, "/")
	if err := t.user(&hosts); err != nil {
		return t, err
	}
	if err := t.hosts(hosts); err != nil {
		return t, err
	}
	return t, t.path(path)
}

// user takes the user off the front of the hosts. A password may hold an "@"
// but no "/".
func (t *target) user(hosts *string) (err error) {
	at := strings.LastIndex(*hosts, "@")
	if at < 0 {
		return nil
	}
	name, password, _ := strings.Cut((*hosts)[:at], ":")
	*hosts = (*hosts)[at+1:]
	if t.username, err = url.PathUnescape(name); err == nil {
		t.password, err = url.PathUnescape(password)
	}
	if err != nil {
		return urlError("the user or the password is not percent-encoded")
	}
	return nil
}

// hosts reads host:port, as many as the shape allows, with commas between.
func (t *target) hosts(text string) error {
	port := serverPort
	if t.shape == sentinel {
		port = sentinelPort
	}
	for _, each := range strings.Split(text, ",") {
		addr, ok := address(each, port)
		if !ok {
			return urlError("there must be a host, or host:port, behind the scheme; IPv6 addresses stand in [brackets]")
		}
		if !slices.Contains(t.addrs, addr) {
			t.addrs = append(t.addrs, addr)
		}
	}
	if t.shape == single && len(t.addrs) > 1 {
		return urlError("a single server has one host; several are for redis-sentinel:// and redis-cluster://")
	}
	return nil
}

// address reads one host with an optional port.
func address(text, port string) (addr string, ok bool) {
	if !strings.Contains(text, ":") || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text += ":" + port
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" || strings.ContainsAny(host, " \t\r\n") {
		return "", false
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", false
	}
	return net.JoinHostPort(host, port), true
}

// path reads what follows the hosts: the number of a database, the sentinels'
// name of the server, or both.
func (t *target) path(text string) error {
	text = strings.TrimSuffix(text, "/")
	if t.shape == sentinel {
		t.master, text, _ = strings.Cut(text, "/")
		name, err := url.PathUnescape(t.master)
		if err != nil || name == "" {
			return urlError("behind the sentinels there must be their name of the server, as in redis-sentinel://host1,host2/mymaster")
		}
		t.master = name
	}
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return urlError("the path must be the number of a database")
	}
	if n > 0 && t.shape == cluster {
		return urlError("a cluster has only database 0")
	}
	t.db = int(n)
	return nil
}

func urlError(text string) error {
	return fmt.Errorf("redisstore: %w: the URL: %s", coatcheck.ErrInvalid, text)
}
