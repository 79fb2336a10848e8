//go:build unix

package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// toxics are what a network does to a connection.
var toxics = map[string]string{
	"slow":                     `"type":"latency","stream":"downstream","attributes":{"latency":40,"jitter":30}`,
	"too slow":                 `"type":"latency","stream":"downstream","attributes":{"latency":700}`,
	"resets of commands":       `"type":"reset_peer","stream":"upstream","attributes":{"timeout":0}`,
	"resets of answers":        `"type":"reset_peer","stream":"downstream","attributes":{"timeout":5}`,
	"commands that vanish":     `"type":"timeout","stream":"upstream","attributes":{"timeout":0}`,
	"answers that vanish":      `"type":"timeout","stream":"downstream","attributes":{"timeout":0}`,
	"answers in pieces":        `"type":"slicer","stream":"downstream","attributes":{"average_size":7,"size_variation":3,"delay":50}`,
	"ends amid answers":        `"type":"limit_data","stream":"downstream","attributes":{"bytes":900}`,
	"a narrow line":            `"type":"bandwidth","stream":"downstream","attributes":{"rate":8}`,
	"ends that come too late":  `"type":"slow_close","stream":"downstream","attributes":{"delay":300}`,
	"silence before each end":  `"type":"timeout","stream":"downstream","attributes":{"timeout":60}`,
	"slow commands and resets": `"type":"reset_peer","stream":"upstream","attributes":{"timeout":80}`,
}

// newNetwork starts a network to the server at addr.
func newNetwork(t *testing.T, addr string) *toxiproxy.Proxy {
	t.Helper()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), t.Name(), "127.0.0.1:0", addr)
	must(t, p.Start())
	t.Cleanup(p.Stop)
	return p
}

// TestBadNetworks: whatever a network does, calls end within their contexts, no
// change that was acknowledged is lost, none is made twice, and when it is over
// all goes on.
func TestBadNetworks(t *testing.T) {
	p := newNetwork(t, one.Addr)
	s := open(t, singleURL(p.Listen), nil)
	faults := 0
	claims := duringWork(t, s, callTime, func(done *atomic.Int64) {
		for range scale(1, 6) {
			for name, toxic := range toxics {
				_, err := p.Toxics.AddToxicJson(strings.NewReader(`{"name":"toxic","toxicity":1,` + toxic + `}`))
				must(t, err)
				suffer(t)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				must(t, p.Toxics.RemoveToxic(ctx, "toxic"))
				cancel()
				progress(t, done, 5)
				t.Logf("recovered from %s", name)
				faults++
			}
			p.Stop() // nobody listens
			suffer(t)
			must(t, p.Start())
			progress(t, done, 5)
			faults++
		}
	})
	t.Logf("%d faults", faults)
	checkClaims(t, open(t, singleURL(one.Addr), nil), claims)
}

// suffer lets the clients work for a while, whether they get on or not.
func suffer(t *testing.T) {
	t.Helper()
	select {
	case <-time.After(250 * time.Millisecond):
	case <-t.Context().Done():
		t.Fatal(fmt.Errorf("the test was ended: %w", t.Context().Err()))
	}
}
