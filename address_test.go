package coatcheck_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// from returns a request of a peer with X-Forwarded-For lines.
func from(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest("GET", "https://site.test/", nil)
	r.RemoteAddr = peer
	for _, line := range forwarded {
		r.Header.Add("X-Forwarded-For", line)
	}
	return r
}

// A truncated address names a network and nothing else; headers have no say.
func TestTruncatedAddress(t *testing.T) {
	label := coatcheck.TruncatedAddress(nil)
	for peer, want := range map[string]string{
		"192.0.2.7:1234":                    "192.0.2.0/24",
		"192.0.2.255:1":                     "192.0.2.0/24",
		"[::ffff:192.0.2.7]:80":             "192.0.2.0/24",
		"[2001:db8:1:2:3:4:5:6]:80":         "2001:db8:1::/48",
		"[2001:db8:1:ffff::1%eth0]:80":      "2001:db8:1::/48",
		"192.0.2.7":                         "192.0.2.0/24",
		"@":                                 "",
		"":                                  "",
		"site.test:80":                      "",
		"192.0.2.7:80, 203.0.113.1":         "",
		strings.Repeat("1", 100000) + ":80": "",
	} {
		if got := label(from(peer, "203.0.113.9")); got != want {
			t.Errorf("%.40q is labelled %q, want %q", peer, got, want)
		}
	}
}

// Keyed addresses can be compared and not read.
func TestKeyedAddress(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	label, err := coatcheck.KeyedAddress(key, nil)
	expectNil(t, err)
	clear(key) // it has a copy
	for _, equal := range [][2]string{
		{"192.0.2.7:1", "192.0.2.7:2"}, {"192.0.2.7:1", "[::ffff:192.0.2.7]:1"}, {"[2001:db8::1]:1", "[2001:db8::ffff:1]:2"},
	} {
		expectEqual(t, equal[0]+" and "+equal[1], label(from(equal[0])), label(from(equal[1])))
	}
	seen := make(map[string]string)
	for _, peer := range []string{"192.0.2.7:1", "192.0.2.8:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"} {
		got := label(from(peer))
		if other, ok := seen[got]; ok || len(got) != 16 || strings.Trim(got, "0123456789abcdef") != "" {
			t.Errorf("%s is labelled %q, as is %q", peer, got, other)
		}
		seen[got] = peer
	}
	expectEqual(t, "no address", label(from("@")), "")
	second, err := coatcheck.KeyedAddress(bytes.Repeat([]byte{8}, 32), nil)
	expectNil(t, err)
	if second(from("192.0.2.7:1")) == label(from("192.0.2.7:1")) {
		t.Error("the key makes no difference")
	}
	for _, short := range [][]byte{nil, {}, make([]byte, 31)} {
		_, err := coatcheck.KeyedAddress(short, nil)
		expectError(t, err, coatcheck.ErrInvalid)
	}
}

// Only what one's own proxies wrote into the header is believed.
func TestForwardedAddress(t *testing.T) {
	client := coatcheck.ForwardedAddress(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48"), netip.MustParsePrefix("::ffff:172.16.0.0/108"))
	for _, test := range []struct {
		what, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.1:5", nil, "203.0.113.1"},
		{"no proxy, a made-up header", "203.0.113.1:5", []string{"198.51.100.1"}, "203.0.113.1"},
		{"no proxy, one's own network made up", "203.0.113.1:5", []string{"10.0.0.1"}, "203.0.113.1"},
		{"a proxy", "10.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a proxy, something made up in front", "10.0.0.1:5", []string{"8.8.8.8, 10.0.0.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two proxies, two lines", "10.0.0.1:5", []string{"8.8.8.8, 198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"a proxy by IPv6", "[2001:db8:ffff::1]:5", []string{"2001:db8:1::1"}, "2001:db8:1::1"},
		{"a proxy in a mapped network", "172.16.3.4:5", []string{"198.51.100.1"}, "198.51.100.1"},
		{"mapped addresses", "[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"with ports", "10.0.0.1:5", []string{"198.51.100.1:44, [2001:db8:ffff::2]:443"}, "198.51.100.1"},
		{"without a header", "10.0.0.1:5", nil, "10.0.0.1"},
		{"an empty header", "10.0.0.1:5", []string{""}, "10.0.0.1"},
		{"no address", "10.0.0.1:5", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"no address further on", "10.0.0.1:5", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		{"only proxies", "10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a long header", "10.0.0.1:5", []string{strings.Repeat("10.0.0.2,", 100000) + "10.0.0.3"}, "10.0.0.2"},
		{"commas", "10.0.0.1:5", []string{strings.Repeat(",", 100000)}, "10.0.0.1"},
		{"a socket without addresses", "@", []string{"198.51.100.1"}, "invalid IP"},
	} {
		expectEqual(t, test.what, client(from(test.peer, test.forwarded...)).String(), test.want)
	}
	expectEqual(t, "nobody is trusted", coatcheck.ForwardedAddress()(from("10.0.0.1:5", "198.51.100.1")).String(), "10.0.0.1")
}

// The label is of the request that began the session or logged in to it, is
// kept by saves, and is in every list.
func TestRequirement10AddressLabel(t *testing.T) {
	where := "192.0.2.0/24"
	m := manage(t, shelf(t, nil), &coatcheck.Options{
		AddressLabel: func(*http.Request) string { return where },
		DeviceLabel:  func(*http.Request) string { return "Fox" },
	})
	v := newVisitor(t, m).begin()
	expectEqual(t, "at birth", v.info().Address, "192.0.2.0/24")
	where = "elsewhere"
	v.visit(func(s *coatcheck.Session) { tally.Set(s, 1) })
	expectEqual(t, "after a save", v.info().Address, "192.0.2.0/24")
	v.login("ada")
	expectEqual(t, "after a login", v.info().Address, "elsewhere")
	where = ""
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	expectEqual(t, "after a renewal from nowhere", v.info().Address, "elsewhere")
	where = strings.Repeat("ä", 40)
	v.visit(func(s *coatcheck.Session) { expectNil(t, s.Renew(t.Context())) })
	expectEqual(t, "a long one", v.info().Address, strings.Repeat("ä", 32))
	expectEqual(t, "device", v.info().Device, "Fox")
	for i, err := range m.Sessions(t.Context(), "ada") {
		expectNil(t, err)
		expectEqual(t, "in a list", i.Address, strings.Repeat("ä", 32))
	}
	s, err := m.Open(t.Context(), "")
	expectNil(t, err)
	expectNil(t, s.Login(t.Context(), "ada"))
	expectEqual(t, "outside HTTP", s.Info().Address, "")
}
