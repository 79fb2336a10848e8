package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck/storeurl"
)

// tlsParams are the parameters of encrypted connections.
func tlsParams() []storeurl.Param {
	return []storeurl.Param{
		{Name: "tls_ca", Doc: "file of the certificates, in PEM, that vouch for the servers (the system's)"},
		{Name: "tls_cert", Doc: "file of our own certificate, in PEM, for servers that want one"},
		{Name: "tls_key", Doc: "file of its private key"},
		{Name: "tls_server_name", Doc: "the name that the servers' certificates must have (the host's)"},
	}
}

// tlsConfig returns what tlsParams say, nil if none was given.
func tlsConfig(r *storeurl.Request) (*tls.Config, error) {
	ca, cert, key, name := r.Text("tls_ca"), r.Text("tls_cert"), r.Text("tls_key"), r.Text("tls_server_name")
	if ca+cert+key+name == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name}
	if ca != "" {
		text, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("tls_ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls_ca: %s has no certificate in PEM", ca)
		}
	}
	switch {
	case cert != "" && key != "":
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("tls_cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	case cert+key != "":
		return nil, errors.New("tls_cert and tls_key go together: give both or none")
	}
	return c, nil
}
