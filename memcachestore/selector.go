package memcachestore

import (
	"net"
	"strings"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/coatcheck/coatcheck/ring/ketama"
)

// A Selector finds the server of a key on the continuum of package ketama. It
// does not change, so that it is safe for concurrent use. It is one for clients
// of package memcache, too; make one with [NewSelector].
type Selector struct {
	addrs     []addr
	continuum *ketama.Continuum // nil for one server
	hash      func(key string) uint32
}

var _ memcache.ServerSelector = (*Selector)(nil)

// NewSelector returns the selector of servers; hash is Options.Hash, and nil its
// default.
func NewSelector(servers []Server, hash func(key string) uint32) (*Selector, error) {
	if len(servers) == 0 {
		return nil, invalid("there are no servers")
	}
	if hash == nil {
		hash = ketama.MD5
	}
	s := &Selector{hash: hash}
	var circle []ketama.Server
	for i, server := range servers {
		if server.Addr == "" {
			return nil, invalid("server %d has no Addr", i+1)
		}
		a, err := newAddr(server.Addr)
		if err != nil {
			return nil, err
		}
		s.addrs = append(s.addrs, a)
		point := ketama.Server{Name: server.Name, Weight: server.Weight}
		if point.Name == "" {
			point.Name = server.Addr
		}
		if point.Weight == 0 {
			point.Weight = 1
		}
		circle = append(circle, point)
	}
	continuum, err := ketama.New(circle)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if len(servers) > 1 {
		s.continuum = continuum
	}
	return s, nil
}

// PickServer returns the address of the key's server.
func (s *Selector) PickServer(key string) (net.Addr, error) {
	if s.continuum == nil {
		return s.addrs[0], nil
	}
	return s.addrs[s.continuum.Find(s.hash(key))], nil
}

// Each calls fn for each server, and stops at its first error.
func (s *Selector) Each(fn func(net.Addr) error) error {
	for _, a := range s.addrs {
		if err := fn(a); err != nil {
			return err
		}
	}
	return nil
}

// An addr is where a server is. Its name is resolved at each dial, so that a
// server may move.
type addr struct{ network, at string }

func newAddr(at string) (addr, error) {
	if strings.Contains(at, "/") {
		return addr{"unix", at}, nil
	}
	if _, _, err := net.SplitHostPort(at); err != nil {
		return addr{}, invalid("server %q is neither a host and a port nor a path: %v", at, err)
	}
	return addr{"tcp", at}, nil
}

func (a addr) Network() string { return a.network }
func (a addr) String() string  { return a.at }
