//go:build unix

package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// HTTPS by the program as it is built: with a certificate made on the spot, and
// with one from files. Either way the cookie is the strict one.
func TestProgramHTTPS(t *testing.T) {
	program := build(t)
	t.Run("own", func(t *testing.T) { servesOwnCertificate(t, program) })
	t.Run("files", func(t *testing.T) { servesCertificateFiles(t, program) })
}

// servesOwnCertificate: --tls alone serves a certificate whose fingerprint the
// program names, and refuses plain HTTP.
func servesOwnCertificate(t *testing.T, program string) {
	p := launch(t, program, "--tls", "--listen", "127.0.0.1:0")
	c := newClient(t)
	c.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer c.CloseIdleConnections()
	shown := strictVisit(t, p, c)
	if page := p.get(c, "/"); strings.Count(page, "curl -k -c jar -b jar '"+p.url) != 3 {
		t.Errorf("not every command takes the certificate:\n%s", page)
	}
	p.url = strings.Replace(p.url, "https", "http", 1)
	plain := p.open(newClient(t), "/")
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest || len(plain.Cookies()) > 0 {
		t.Errorf("plain HTTP is answered by %s, with cookies %v", plain.Status, plain.Cookies())
	}
	p.url = strings.Replace(p.url, "http", "https", 1)
	if _, err := newClient(t).Get(p.url); err == nil {
		t.Error("a client took a certificate that nobody has signed")
	}
	p.end(syscall.SIGTERM)
	mark := strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(shown.Raw)), " ", ":")
	mark = mark[:48] + "\n" + mark[48:] // which fits 80 columns
	if said := p.stderr.String(); !strings.Contains(said, mark) || strings.Contains(said, "insecure") || strings.Contains(said, "remote error") {
		t.Errorf("the fingerprint is %s, and the program says %q", mark, said)
	}
}

// servesCertificateFiles: --tls-cert and --tls-key serve what is in the files,
// and a client that trusts it needs no exception.
func servesCertificateFiles(t *testing.T, program string) {
	cert, key, pool := certificateFiles(t)
	p := launch(t, program, "--tls-cert", cert, "--tls-key", key, "--listen", "127.0.0.1:0")
	c := newClient(t)
	c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer c.CloseIdleConnections()
	strictVisit(t, p, c)
	if page := p.get(c, "/"); strings.Contains(page, "curl -k") || !strings.Contains(page, "curl -c jar") {
		t.Errorf("commands take any certificate:\n%s", page)
	}
	p.end(syscall.SIGTERM)
	if said := p.stderr.String(); strings.Contains(said, "signed by nobody") {
		t.Errorf("of a certificate from a file the program says %q", said)
	}
}

// strictVisit wants a page over HTTPS that sets a strict cookie, which the
// client then shows, and returns the certificate.
func strictVisit(t *testing.T, p *process, c *http.Client) *x509.Certificate {
	t.Helper()
	if !strings.HasPrefix(p.url, "https://") {
		t.Fatalf("the demo is at %s", p.url)
	}
	res := p.open(c, "/count")
	res.Body.Close()
	if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-id=") || !strings.Contains(got, "; Secure") {
		t.Errorf("Set-Cookie %q", got)
	}
	if got := p.get(c, "/count"); got != "2\n" {
		t.Errorf("the second count is %q", got)
	}
	page := p.get(c, "/")
	if !strings.Contains(page, p.url+"/count") || strings.Contains(page, "may not keep the ticket") {
		t.Errorf("the page:\n%s", page)
	}
	return res.TLS.PeerCertificates[0]
}

// certificateFiles writes a certificate with its key, as PEM, and returns who
// trusts it.
func certificateFiles(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	pair, err := selfSigned("", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, text := range map[string][]byte{cert: public, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return cert, key, pool
}
