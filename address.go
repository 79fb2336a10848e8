package coatcheck

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
)

// partAddress holds what Options.AddressLabel made of the request that began a
// session.
const partAddress partTag = 1

// maxAddress is the greatest length of an address label in bytes.
const maxAddress = 64

// address returns the label of the request's address.
func (s *Session) address() string {
	if s.v == nil || s.m.opts.AddressLabel == nil {
		return ""
	}
	return clip(s.m.opts.AddressLabel(&s.v.request), maxAddress)
}

// labels returns the Meta of a session that this request begins: the labels of
// its device and address. Where it has none, those of was stay.
func (s *Session) labels(was meta) meta {
	md := meta{device: []byte(s.device())}
	if len(md.device) == 0 {
		md.device = was.device
	}
	address := []byte(s.address())
	if len(address) == 0 {
		address = was.parts.get(partAddress)
	}
	if len(address) > 0 {
		md.parts = md.parts.with(partAddress, address)
	}
	return md
}

// RemoteAddress returns the address of the other end of the request's
// connection, the zero Addr if it has none, as on a Unix socket. Headers do not
// count: anybody can send them. Behind a proxy that is the proxy's address, see
// [ForwardedAddress].
func RemoteAddress(r *http.Request) netip.Addr {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return plainAddress(peer.Addr())
	}
	addr, err := netip.ParseAddr(r.RemoteAddr) // some middleware writes it without a port
	if err != nil {
		return netip.Addr{}
	}
	return plainAddress(addr)
}

// plainAddress drops what makes one address look like two.
func plainAddress(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// network returns the network that an address is counted and shown as.
func network(addr netip.Addr) netip.Prefix {
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	p, _ := addr.Prefix(bits) // of the zero Addr, the zero Prefix
	return p
}

// TruncatedAddress returns a function for Options.AddressLabel that tells the
// network of a request's client, in which 256 or more addresses are: an
// IPv4 address is cut to its first 24 bits, as in "192.0.2.0/24", an IPv6
// address to its first 48. client says whose address that is; nil is
// [RemoteAddress]. A client without an address has no label.
func TruncatedAddress(client func(*http.Request) netip.Addr) func(*http.Request) string {
	if client == nil {
		client = RemoteAddress
	}
	return func(r *http.Request) string {
		addr := plainAddress(client(r))
		if !addr.IsValid() {
			return ""
		}
		return network(addr).String()
	}
}

// minAddressKey is the least length of a key of KeyedAddress in bytes.
const minAddressKey = 32

// KeyedAddress returns a function for Options.AddressLabel whose labels can be
// compared, but not read: equal addresses have equal labels of 16 hexadecimal
// digits, and without the key nobody can tell whose they are. Of an IPv6
// address the first 64 bits count, since devices change the others every day.
//
// key is a secret of at least 32 random bytes, else the error is [ErrInvalid].
// Whoever has it can find the address of a label by trying all, so keep it away
// from the store; throw it away, and no label can be read any more. client says
// whose address is meant; nil is [RemoteAddress]. A client without an address
// has no label.
func KeyedAddress(key []byte, client func(*http.Request) netip.Addr) (func(*http.Request) string, error) {
	if len(key) < minAddressKey {
		return nil, fmt.Errorf("%w: KeyedAddress needs a key of at least %d random bytes, not %d", ErrInvalid, minAddressKey, len(key))
	}
	if client == nil {
		client = RemoteAddress
	}
	key = append([]byte(nil), key...)
	return func(r *http.Request) string {
		addr := plainAddress(client(r))
		if !addr.IsValid() {
			return ""
		}
		if addr.Is6() {
			p, _ := addr.Prefix(64)
			addr = p.Addr()
		}
		all := addr.As16()
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte("cc1/address:"))
		_, _ = h.Write(all[:])
		return hex.EncodeToString(h.Sum(nil)[:8])
	}, nil
}
