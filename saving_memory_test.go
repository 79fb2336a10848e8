package coatcheck_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

// A body of 8 MB costs no more memory than without sessions: nothing is
// buffered.
func TestBigBodyIsNotBuffered(t *testing.T) {
	const chunk, chunks, slack = 32 << 10, 256, 128 << 10
	var held, allocated uint64 // by the handler between its first chunk and its last
	page := make([]byte, chunk)
	stream := func(w http.ResponseWriter, _ *http.Request) {
		var first, last runtime.MemStats
		for i := range chunks {
			if i == 1 {
				runtime.GC()
				runtime.ReadMemStats(&first)
			}
			if _, err := w.Write(page); err != nil {
				t.Errorf("Write: %v", err)
				return
			}
		}
		runtime.ReadMemStats(&last)
		allocated = last.TotalAlloc - first.TotalAlloc
		runtime.GC()
		runtime.ReadMemStats(&last)
		held = max(last.HeapAlloc, first.HeapAlloc) - first.HeapAlloc
	}
	bare := httptest.NewServer(http.HandlerFunc(stream))
	defer bare.Close()
	site := tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		tcpNote.Set(tcpSession(t, r), "coat")
		stream(w, r)
	})
	download := func(client *http.Client, url string) (heldNow, allocatedNow uint64) {
		t.Helper()
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); n != chunk*chunks || err != nil {
			t.Fatalf("%d bytes came, %v", n, err)
		}
		return held, allocated
	}
	bareHeld, bareAllocated := download(bare.Client(), bare.URL)
	ownHeld, ownAllocated := download(site.browser, site.server.URL)
	site.wants("coat")
	t.Logf("held %d and %d, allocated %d and %d bytes without and with sessions", bareHeld, ownHeld, bareAllocated, ownAllocated)
	if ownHeld > bareHeld+slack || ownAllocated > bareAllocated+slack {
		t.Errorf("the body of %d bytes makes the heap grow by %d, of %d allocated; without sessions by %d, of %d", chunk*chunks, ownHeld, ownAllocated, bareHeld, bareAllocated)
	}
}
