package bounded_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/storetest"
)

// TestContract: a bounded store keeps the contract as well as what is inside.
func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) coatcheck.Store { return bounded.New(memstore.New(nil), time.Minute) })
}

// A silent store answers when the context ends.
type silent struct{ coatcheck.Store }

func (silent) Load(ctx context.Context, _ coatcheck.ID) (*coatcheck.Record, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestLimit: a call ends when the limit is reached, and says how to give it
// longer; the caller's own end is left as it is.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bounded.New(silent{}, 3*time.Second)
		begun := time.Now()
		_, err := s.Load(t.Context(), coatcheck.ID{1})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "within 3s; --timeout gives it longer") {
			t.Errorf("the error is %v", err)
		}
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Load(ctx, coatcheck.ID{1}); err != context.DeadlineExceeded {
			t.Errorf("after the caller's own limit: %v", err)
		}
	})
}

// TestCannot: what the other store cannot, this one cannot either.
func TestCannot(t *testing.T) {
	s := bounded.New(silent{}, time.Second)
	if can := coatcheck.CapabilitiesOf(s); can != (coatcheck.Capabilities{}) {
		t.Errorf("it can %+v", can)
	}
	_, _, list := s.List(t.Context(), "", 1)
	_, _, owned := s.Owned(t.Context(), "ada", "", 1)
	_, sweep := s.Sweep(t.Context(), time.Now(), "", 1)
	_, stat := s.Stat(t.Context())
	watch := s.Watch(t.Context(), nil)
	for _, err := range []error{list, owned, sweep, stat, watch} {
		if !errors.Is(err, coatcheck.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
}
