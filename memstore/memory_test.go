package memstore_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/coatcheck/coatcheck/memstore"
)

// What Stat counts as bytes is about what the records take on the heap, so
// that MaxBytes bounds what it promises to.
func TestBytesAreAboutThoseOfTheHeap(t *testing.T) {
	const many = 50_000
	for _, owner := range []string{"", "user-%d"} {
		o, _ := at()
		o.MaxSessions = 2 * many
		s := memstore.New(o)
		before := heap()
		for n := range many {
			rec := session(n, "")
			if owner != "" {
				rec.Owner, rec.AuthTime = fmt.Sprintf(owner, n), start
			}
			must(t, s.Create(context.Background(), rec))
		}
		taken := heap() - before
		counted := stat(t, s).Bytes
		t.Logf("owner %q: %d bytes a record on the heap, %d counted", owner, taken/many, counted/many)
		if taken > counted*5/4 || counted > taken*2 {
			t.Errorf("owner %q: %d records take %d bytes on the heap, but %d are counted", owner, many, taken, counted)
		}
		runtime.KeepAlive(s)
	}
}

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
