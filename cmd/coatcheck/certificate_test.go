package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"testing"
	"time"
)

// A certificate made on the spot is for this machine's own names and for the
// host that was asked for, and a client that trusts it is content.
func TestCertificateNames(t *testing.T) {
	for _, c := range []struct {
		asked string
		good  []string
		bad   []string
	}{
		{"127.0.0.1:0", []string{"localhost", "127.0.0.1", "::1"}, []string{"shop.example", "127.0.0.2"}},
		{":0", []string{"localhost", "127.0.0.1", "::1"}, []string{"0.0.0.0", "::"}},
		{"0.0.0.0:0", []string{"localhost", "127.0.0.1"}, []string{"0.0.0.0"}},
		{"192.0.2.7:0", []string{"localhost", "192.0.2.7"}, []string{"192.0.2.8"}},
		{"shop.example:443", []string{"localhost", "shop.example"}, []string{"www.shop.example"}},
	} {
		leaf := parsed(t, &certificate{own: true}, c.asked)
		for _, host := range c.good {
			if err := leaf.VerifyHostname(host); err != nil {
				t.Errorf("%s: %v", c.asked, err)
			}
		}
		for _, host := range c.bad {
			if leaf.VerifyHostname(host) == nil {
				t.Errorf("%s: the certificate is for %s, too", c.asked, host)
			}
		}
		roots := x509.NewCertPool()
		roots.AddCert(leaf)
		for _, when := range []time.Time{time.Now(), time.Now().Add(certificateLife - time.Hour)} {
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: when}); err != nil {
				t.Errorf("%s, at %v: %v", c.asked, when, err)
			}
		}
	}
}

// No two programs have the same certificate, nor the same key.
func TestCertificateIsNew(t *testing.T) {
	one, two := parsed(t, &certificate{own: true}, "localhost:0"), parsed(t, &certificate{own: true}, "localhost:0")
	if one.SerialNumber.Cmp(two.SerialNumber) == 0 || slices.Equal(one.RawSubjectPublicKeyInfo, two.RawSubjectPublicKeyInfo) {
		t.Error("two programs have one certificate")
	}
}

// parsed returns the certificate that a demo at an address shows.
func parsed(t *testing.T, c *certificate, asked string) *x509.Certificate {
	t.Helper()
	config, err := c.config(asked)
	if err != nil {
		t.Fatal(err)
	}
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		defer server.Close()
		tls.Server(server, config).HandshakeContext(t.Context())
	}()
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn.ConnectionState().PeerCertificates[0]
}
