package itest_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/memcachestore"
)

// A server that has no room and may not evict says so in other words for a value
// that it reads in pieces. Either way nothing was stored, and that is known.
func TestMemcachedSaysThatItIsFull(t *testing.T) {
	_, store := onMemcached(t, &servers.Options{Args: []string{"-M", "-m", "8"}})
	for kind, size := range map[string]int{"whole": 300 << 10, "in pieces": 700 << 10} {
		var err error
		for n := 0; err == nil && n < 100; n++ {
			rec := lasting(time.Hour)
			rec.ID[3], rec.ID[4], rec.Data = byte(n), byte(size>>10), make([]byte, size)
			err = store.Create(t.Context(), rec)
		}
		if !errors.Is(err, coatcheck.ErrFull) {
			t.Errorf("a value that is read %s: %v, want ErrFull", kind, err)
		}
	}
}

// Calls that are under way when a store is closed leave no connection behind.
func TestMemcachedClosesConnectionsOfCallsUnderWay(t *testing.T) {
	s, _ := onMemcached(t, nil)
	addr, opened, closed, gate := gatedRelay(t, s.Addr)
	store, err := memcachestore.Open([]memcachestore.Server{{Addr: addr}}, &memcachestore.Options{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	const calls = 5
	done := make(chan error, calls)
	for n := range byte(calls) {
		go func() { _, err := store.Load(t.Context(), coatcheck.ID{n}); done <- err }()
	}
	for range calls {
		<-opened
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	close(gate)
	for range calls {
		if err := <-done; !errors.Is(err, coatcheck.ErrNotFound) {
			t.Errorf("a call that was under way: %v, want ErrNotFound", err)
		}
	}
	if _, err := store.Load(t.Context(), coatcheck.ID{1}); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("a call after Close: %v, want ErrClosed", err)
	}
	for n := range calls {
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d connections are closed", n, calls)
		}
	}
}

// gatedRelay starts a relay to a server that tells of connections which a client
// opens and closes, and passes no answer on until gate is closed.
func gatedRelay(t *testing.T, to string) (addr string, opened, closed chan bool, gate chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	opened, closed, gate = make(chan bool, 100), make(chan bool, 100), make(chan struct{})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				return
			}
			opened <- true
			go func() {
				_, _ = io.Copy(server, client)
				server.Close()
				closed <- true
			}()
			go func() {
				<-gate
				_, _ = io.Copy(client, server)
				client.Close()
			}()
		}
	}()
	return l.Addr().String(), opened, closed, gate
}
