package broken

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// bare is a reference store without the optional interfaces.
type bare struct {
	coatcheck.Store
	reference *Reference
}

func (s bare) Damage(id coatcheck.ID) { s.reference.Damage(id) }

// denying has the methods of all optional interfaces and can do nothing with
// them, as a store whose server is too old.
type denying struct{ *Reference }

func (denying) Capabilities() coatcheck.Capabilities { return coatcheck.Capabilities{} }

func (denying) List(context.Context, string, int) ([]*coatcheck.Record, string, error) {
	return nil, "", coatcheck.ErrUnsupported
}

func (denying) Owned(context.Context, string, string, int) ([]coatcheck.ID, string, error) {
	return nil, "", coatcheck.ErrUnsupported
}

func (denying) Sweep(context.Context, time.Time, string, int) (coatcheck.SweepResult, error) {
	return coatcheck.SweepResult{}, coatcheck.ErrUnsupported
}

func (denying) Stat(context.Context) (coatcheck.StoreStats, error) {
	return coatcheck.StoreStats{}, coatcheck.ErrUnsupported
}

func (denying) Watch(context.Context, func(coatcheck.Change)) error {
	return coatcheck.ErrUnsupported
}
