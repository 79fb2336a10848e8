//go:build unix

package browser_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A site is the demo at work, over HTTPS.
type site struct {
	url  string // without a slash at the end
	cert *x509.Certificate

	cmd   *exec.Cmd
	log   bytes.Buffer // complete when it has ended
	ended chan struct{}
}

// openSite starts a demo on a free port of a host, and waits until it says
// where it is.
func openSite(program, host string, args ...string) (*site, error) {
	args = append([]string{"demo", "--tls", "--store", "mem:", "--listen", host + ":0"}, args...)
	s := &site{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	s.cmd.Stderr = &s.log
	leash(s.cmd)
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.start()
	}
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.url = regexp.MustCompile(`https://[^ /]+`).FindString(line); s.url == "" {
		s.close()
		return nil, fmt.Errorf("%v says %q, %v: %s", args, line, err, &s.log)
	}
	if s.cert, err = certificate(s.url); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// start starts the program on a thread that lives as long: the system kills the
// program when that thread ends.
func (s *site) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.cmd.Wait()
			close(s.ended)
		}
	}()
	return <-started
}

// close ends the program.
func (s *site) close() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

// certificate asks a site for its certificate, which it has made on the spot.
func certificate(url string) (*x509.Certificate, error) {
	conn, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

// pin is how the browser is told to trust the site's key, and no other.
func (s *site) pin() string {
	sum := sha256.Sum256(s.cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ask asks for a path, as a program would that has got hold of a cookie.
func (s *site) ask(t *testing.T, path, ticket string) string {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(s.cert)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer c.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookieName+"="+ticket)
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", path, res.Status, err, body)
	}
	return string(body)
}

// buildProgram makes the program, without what only a debugger reads.
func buildProgram(path string) error {
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, ".")
	cmd.Dir = "../../../cmd/coatcheck"
	cmd.Env = os.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
