package itest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// Whether the server refuses a value for its size or the client does not even
// send it, nothing has happened.
func TestEtcdSaysThatAValueIsTooLarge(t *testing.T) {
	kv, err := etcdKV()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1600 << 10, 3 << 20} { // the limits are 1.5 and 2 MiB
		if err := kv.Put(t.Context(), "large", make([]byte, size), kvstore.None, time.Time{}); !errors.Is(err, coatcheck.ErrTooLarge) {
			t.Errorf("%d bytes: %v, want ErrTooLarge", size, err)
		}
	}
}
