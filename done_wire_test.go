package coatcheck_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// wirePoll is the interval of these tests, which run in real time.
const wirePoll = 20 * time.Millisecond

// A plainStore is a store with the five methods and no more.
type plainStore struct{ coatcheck.Store }

// doneWire starts sites on a store that reports changes and on one that must
// be asked. The session ends in the same process or in another one.
func doneWire(t *testing.T, h func(t testing.TB) http.HandlerFunc, test func(t *testing.T, site *tcpSite, end func())) {
	for _, store := range []string{"Watcher", "asked"} {
		for _, where := range []string{"here", "elsewhere"} {
			t.Run(store+"/"+where, func(t *testing.T) {
				site := tcpServe(t, h(t), func(site *tcpSite) {
					site.options.PollInterval = wirePoll
					site.plain = store == "asked"
				})
				m := site.Manager
				if where == "elsewhere" {
					m = manage(t, site.store, nil)
				}
				site.begin("coat")
				test(t, site, func() { expectNil(t, m.Destroy(t.Context(), m.ID(site.token()))) })
			})
		}
	}
}

// A WebSocket that listens is closed when another request destroys its
// session, whatever its client does.
func TestWebSocketClosesWhenItsSessionEnds(t *testing.T) {
	doneWire(t, func(t testing.TB) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s := tcpSession(t, r)
			conn, rw, err := tcpUpgrades["Hijack"](w, r)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			heard := make(chan error, 1)
			go func() { heard <- tcpEcho(rw, func(string) {}) }()
			select {
			case <-s.Done():
				why := s.Ended().Error()
				_, _ = conn.Write(append([]byte{0x80 | tcpClose, byte(2 + len(why)), 1008 >> 8, 1008 & 0xff}, why...))
				_ = conn.Close()
				<-heard
			case err := <-heard:
				t.Errorf("the client closed first: %v", err)
			}
		}
	}, func(t *testing.T, site *tcpSite, end func()) {
		socket := site.dial("/socket")
		socket.says("hello")
		end()
		opcode, payload, err := tcpReadFrame(socket.r)
		if err != nil || opcode != tcpClose || !strings.HasSuffix(string(payload), coatcheck.ErrDestroyed.Error()) {
			t.Errorf("frame of kind %d, %q, %v", opcode, payload, err)
		}
		site.wait()
	})
}

// So is an event stream.
func TestEventStreamEndsWithItsSession(t *testing.T) {
	doneWire(t, func(t testing.TB) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s := tcpSession(t, r)
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: hello\n\n")
			tcpFlushed(t, w)
			select {
			case <-s.Done():
				fmt.Fprintf(w, "event: end\ndata: %v\n\n", s.Ended())
			case <-r.Context().Done():
				t.Error("the client left first")
			}
		}
	}, func(t *testing.T, site *tcpSite, end func()) {
		res, err := site.browser.Get(site.url("/").String())
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for _, want := range []string{"data: hello", "", "event: end", "data: " + coatcheck.ErrDestroyed.Error(), ""} {
			if !lines.Scan() || lines.Text() != want {
				t.Errorf("line %q, want %q; %v", lines.Text(), want, lines.Err())
			}
			if want == "" {
				end() // the second time it ends nothing
			}
		}
		if lines.Scan() {
			t.Errorf("and then %q", lines.Text())
		}
		site.wait()
	})
}

// A manager that is closed ends its streams, so that a server can shut down.
func TestManagerCloseEndsStreams(t *testing.T) {
	begun := make(chan struct{})
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		tcpFlushed(t, w)
		close(begun)
		tcpWait(t, s.Done())
		expectReason(t, s, coatcheck.ErrClosed)
	})
	site.begin("coat")
	down := make(chan struct{})
	go func() {
		defer close(down)
		<-begun
		expectNil(t, site.Close())
		expectNil(t, site.server.Config.Shutdown(context.Background()))
	}()
	site.get("/")
	site.wait()
	<-down
}
