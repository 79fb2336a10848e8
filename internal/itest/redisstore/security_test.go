//go:build unix

package redisstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/redisstore"
)

// certificate makes a certificate for the loopback address, and returns the
// roots by which it is trusted and the files for a server.
func certificate(t *testing.T) (roots *x509.CertPool, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	must(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(crand.Reader, tmpl, tmpl, &key.PublicKey, key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir, err := os.MkdirTemp("", "redis-tls-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755)) // the server is another user
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(certFile, certPEM, 0o644))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o644))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return roots, certFile, keyFile
}

// TestEncryptedConnection: rediss:// speaks TLS, and refuses a server whose
// certificate nobody vouches for.
func TestEncryptedConnection(t *testing.T) {
	roots, certFile, keyFile := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	must(t, l.Close())
	_, port, _ := net.SplitHostPort(addr)
	server(t, &servers.Options{Args: []string{
		"--tls-port", port, "--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-auth-clients", "no",
	}})
	url := strings.Replace(singleURL(addr), "redis:", "rediss:", 1)
	s := open(t, url, &redisstore.Options{TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
	holds(t, s, stored(t, s, newRecord("ann")))

	wary := open(t, url, nil)
	if err := wary.Create(t.Context(), newRecord("ann")); err == nil {
		t.Error("a certificate that nobody vouches for is trusted")
	} else if !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Create: %v", err)
	}
}

// rights are what the package's documentation says that a user needs.
var rights = strings.Fields(`+@connection +hmget +hset +hdel +evalsha +eval +unlink +pexpire +pttl +time
	+zadd +zrem +zrange +zrandmember +scan +info +cluster|nodes +cluster|slots +cluster|shards`)

// TestRightsOfUser: a user with the rights that the documentation lists can do
// all, and one with a wrong password nothing, which is an error at once.
func TestRightsOfUser(t *testing.T) {
	srv := server(t, nil)
	user := append([]string{"acl", "setuser", "desk", "on", ">s3cret/", "~coatcheck:*"}, rights...)
	_, err := servers.RedisCLI(srv.Addr, user...)
	must(t, err)
	s := open(t, "redis://desk:s3cret%2F@"+srv.Addr, &redisstore.Options{CacheSize: 100})
	for name, call := range calls {
		if err := call(t.Context(), s, stored(t, s, newRecord("ann"))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err = s.Owned(t.Context(), "ann", "", 10)
	must(t, err)
	_, _, err = s.List(t.Context(), "", 10)
	must(t, err)
	_, err = s.Stat(t.Context())
	must(t, err)
	sweep(t, s, time.Now())

	_, err = servers.RedisCLI(srv.Addr, "acl", "setuser", "desk", "+config|get", "+eval_ro")
	must(t, err)
	_, err = s.Doctor(t.Context())
	must(t, err)

	stranger := open(t, "redis://desk@"+srv.Addr, &redisstore.Options{Password: "wrong"})
	start := time.Now()
	_, err = stranger.Load(t.Context(), newRecord("").ID)
	if err == nil || errors.Is(err, coatcheck.ErrNotFound) || strings.Contains(err.Error(), "wrong") && !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("Load with a wrong password: %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("a wrong password is an error after %v", took)
	}
}
