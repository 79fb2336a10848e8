//go:build unix

package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/redisstore"
)

// TestGivenClientThatIsClosed: a store whose client the caller has closed says so
// at once, and does not wait for it to come back.
func TestGivenClientThatIsClosed(t *testing.T) {
	client := newClient(t, one.Addr)
	s, err := redisstore.New(client, nil)
	must(t, err)
	rec := stored(t, s, newRecord("ann"))
	client.Close()
	lasting, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	for name, call := range calls {
		if err := call(lasting, s, rec); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, _, err := s.List(lasting, "", 10); err == nil {
		t.Error("List: no error")
	}
	if _, _, err := s.Owned(lasting, "ann", "", 10); err == nil {
		t.Error("Owned: no error")
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}
