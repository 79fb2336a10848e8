package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// certificateLife is how long a certificate of our own is good. It is gone
// with the program, which is meant to run for an hour.
const certificateLife = 90 * 24 * time.Hour

// A certificate is what the flags say about HTTPS. The zero value is plain
// HTTP.
type certificate struct {
	own       bool // made in memory, and signed by itself
	cert, key string
}

// flags adds the flags to a command.
func (c *certificate) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&c.own, "tls", false, "serve HTTPS, with a certificate made on the spot, about which browsers warn")
	flags.StringVar(&c.cert, "tls-cert", "", "serve HTTPS with the certificate in `FILE`, in PEM, its issuers after it")
	flags.StringVar(&c.key, "tls-key", "", "the private key of that certificate is in `FILE`, in PEM")
	for _, name := range []string{"tls-cert", "tls-key"} {
		if err := cmd.MarkFlagFilename(name, "pem", "crt", "key"); err != nil {
			panic(err) // the flag does not exist
		}
	}
}

// on reports whether the flags ask for HTTPS.
func (c *certificate) on() bool { return c.own || c.cert != "" }

// check finds what is wrong with the flags.
func (c *certificate) check() error {
	switch {
	case (c.cert == "") != (c.key == ""):
		return errors.New("--tls-cert and --tls-key go together: give both, or --tls alone for a certificate made on the spot")
	case c.own && c.cert != "":
		return errors.New("--tls makes a certificate, --tls-cert takes one: give one of the two")
	}
	return nil
}

// config returns how to serve HTTPS on an address that was asked for, nil for
// plain HTTP.
func (c *certificate) config(asked string) (*tls.Config, error) {
	if !c.on() {
		return nil, nil
	}
	pair, err := c.pair(asked)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}

// pair returns the certificate with its key.
func (c *certificate) pair(asked string) (tls.Certificate, error) {
	if c.own {
		return selfSigned(asked, time.Now())
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return pair, fmt.Errorf("--tls-cert %s, --tls-key %s: %w", c.cert, c.key, err)
	}
	return pair, nil
}

// note says what a certificate of our own is, for whoever meets a browser's
// warning.
func (c *certificate) note(config *tls.Config) string {
	sum := sha256.Sum256(config.Certificates[0].Certificate[0])
	mark := strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
	// In two lines, as browsers have it: one would be too long for most terminals.
	half := len(mark)/2 + 1
	return "Its certificate is new and signed by nobody else, so browsers warn of it, and curl wants -k. Its SHA-256 fingerprint:\n" +
		mark[:half] + "\n" + mark[half:]
}

// faults is where the server writes what goes wrong with connections. That
// clients do not know a certificate of our own, the note has said: a browser
// breaks off a dozen connections before its user decides.
func (c *certificate) faults(stderr io.Writer) io.Writer {
	if c.own {
		return withoutStrangers{stderr}
	}
	return stderr
}

// withoutStrangers leaves out the lines about clients that refuse the
// certificate.
type withoutStrangers struct{ io.Writer }

// Write gets one line, as package log does it.
func (w withoutStrangers) Write(line []byte) (int, error) {
	_, alert, refused := bytes.Cut(line, []byte("TLS handshake error from "))
	if refused && bytes.Contains(alert, []byte("remote error: tls: ")) && bytes.Contains(alert, []byte("certificate")) {
		return len(line), nil
	}
	return w.Writer.Write(line)
}

// selfSigned makes a certificate for this machine's own names, and for the host
// of the address that was asked for.
func selfSigned(asked string, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	names, addresses := certificateNames(asked)
	form := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "coatcheck demo"},
		NotBefore:             now.Add(-time.Hour), // clocks differ
		NotAfter:              now.Add(certificateLife),
		DNSNames:              names,
		IPAddresses:           addresses,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// certificateNames returns the names and addresses that a certificate of our
// own is for.
func certificateNames(asked string) (names []string, addresses []net.IP) {
	names = []string{"localhost"}
	addresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	host, _, _ := net.SplitHostPort(asked)
	ip := net.ParseIP(host)
	switch {
	case ip == nil && host != "" && !slices.Contains(names, host):
		names = append(names, host)
	case ip != nil && !ip.IsUnspecified() && !slices.ContainsFunc(addresses, ip.Equal):
		addresses = append(addresses, ip)
	}
	return names, addresses
}
