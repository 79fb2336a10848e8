package itest_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

// A memcached stands for a server behind twemproxy: it knows of no key, and
// notes which ones it was asked for.
type memcached struct {
	net.Listener
	name string
	note func(key, server string)
}

func (s *memcached) serve() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				key := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "get "))
				s.note(key, s.name)
				fmt.Fprint(conn, "END\r\n")
			}
		}()
	}
}

// TestKetamaIsTwemproxys asks twemproxy itself where keys belong.
func TestKetamaIsTwemproxys(t *testing.T) {
	for _, c := range []struct {
		hash    string
		fn      func(string) uint32
		weights []int
	}{
		{"md5", ketama.MD5, []int{15, 20, 10, 10}},
		{"fnv1a_64", ketama.FNV1a64, []int{1, 1, 1}},
		{"md5", ketama.MD5, []int{1000, 333, 57, 214, 18, 99}},
		{"md5", ketama.MD5, slices.Repeat([]int{1}, 25)}, // 39 sums each, by rounding
	} {
		t.Run(fmt.Sprint(c.hash, c.weights), func(t *testing.T) {
			var mu sync.Mutex
			asked := map[string]string{}
			note := func(key, server string) {
				mu.Lock()
				defer mu.Unlock()
				asked[key] = server
			}
			var members []ring.Member
			var servers strings.Builder
			for i, w := range c.weights {
				s := &memcached{listen(t), fmt.Sprintf("server-%d", i), note}
				go s.serve()
				fmt.Fprintf(&servers, "   - %s:%d %s\n", s.Addr(), w, s.name)
				members = append(members, ring.Member{Name: s.name, Store: memstore.New(nil), Weight: float64(w)})
			}
			r, err := ring.New(members, &ring.Options{Layout: ring.Ketama, KetamaHash: c.fn})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			proxy := twemproxy(t, c.hash, servers.String())
			conn, err := net.Dial("tcp", proxy)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			answers := bufio.NewReader(conn)
			for n := range 3000 {
				id := coatcheck.ID{0: byte(n), 1: byte(n >> 8), 31: byte(n * 7)}
				fmt.Fprintf(conn, "get %s\r\n", id)
				if line, err := answers.ReadString('\n'); err != nil || line != "END\r\n" {
					t.Fatalf("twemproxy answers %q, %v", line, err)
				}
				mu.Lock()
				server := asked[id.String()]
				mu.Unlock()
				if home := r.Locate(id)[0]; home != server {
					t.Fatalf("%s is at %s, but twemproxy asks %s", id, home, server)
				}
			}
		})
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// twemproxy starts one before some servers and returns its address.
func twemproxy(t *testing.T, hash, servers string) string {
	t.Helper()
	path, err := exec.LookPath("nutcracker")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("nutcracker is missing: run make deps")
		}
		t.Skip("nutcracker is missing: run make deps")
	}
	front, stats := listen(t), listen(t)
	address, statsPort := front.Addr().String(), stats.Addr().(*net.TCPAddr).Port
	front.Close()
	stats.Close()
	conf := filepath.Join(t.TempDir(), "farm.yml")
	text := fmt.Sprintf("farm:\n  listen: %s\n  hash: %s\n  distribution: ketama\n  servers:\n%s", address, hash, servers)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command(path, "-c", conf, "-s", fmt.Sprint(statsPort), "-a", "127.0.0.1")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("twemproxy ended: %s", said.String())
		case <-time.After(25 * time.Millisecond):
		}
	}
	t.Fatal("twemproxy does not answer")
	return ""
}
