package coatcheck

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxForwarded is how many entries of X-Forwarded-For are looked at.
const maxForwarded = 32

// ForwardedAddress returns a function that finds a client's address behind
// proxies, for [TruncatedAddress], [KeyedAddress] and by them for
// FloodOptions.Client. trusted are the networks of your own proxies, which
// append the address that they were called from to the header X-Forwarded-For.
//
// Only what they wrote is believed. If the connection does not come from a
// trusted network, its own address is the client's, whatever the header says.
// If it does, the header is read from its end, and the first address that is
// not trusted is the client's; what stands before it the client may have made
// up. An entry that is no address ends the search at the last proxy. Without
// trusted networks the function is [RemoteAddress].
func ForwardedAddress(trusted ...netip.Prefix) func(*http.Request) netip.Addr {
	own := make([]netip.Prefix, 0, len(trusted))
	for _, p := range trusted {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		own = append(own, p.Masked())
	}
	return func(r *http.Request) netip.Addr {
		addr := RemoteAddress(r)
		lines := r.Header["X-Forwarded-For"]
		for i, seen := len(lines)-1, 0; i >= 0; i-- {
			for rest, more := lines[i], true; more; seen++ {
				if seen == maxForwarded || !within(own, addr) {
					return addr
				}
				var entry string
				entry, rest, more = cutLast(rest)
				before := forwardedEntry(entry)
				if !before.IsValid() {
					return addr
				}
				addr = before
			}
		}
		return addr
	}
}

// within reports whether one of the networks has the address.
func within(networks []netip.Prefix, addr netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// cutLast takes the last entry off a list; more means that others are left.
func cutLast(list string) (last, rest string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return list, "", false
	}
	return list[i+1:], list[:i], true
}

// forwardedEntry reads an address, which some proxies give a port.
func forwardedEntry(s string) netip.Addr {
	s = trimSpace(s)
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return plainAddress(withPort.Addr())
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return plainAddress(addr)
}
