package broken

import (
	"context"
	"sync"

	"github.com/coatcheck/coatcheck"
)

var mixups = []Store{
	{"swaps-loaded-records", func(r *Reference) coatcheck.Store { return &swapsLoaded{Reference: r} }},
	{"swaps-loaded-data", func(r *Reference) coatcheck.Store { return &swapsData{Reference: r} }},
	{"swaps-created-records", func(r *Reference) coatcheck.Store { return &swapsCreated{Reference: r} }},
}

// slot is a place where each call puts a record and takes it up again, though
// another may have put one there meanwhile.
type slot struct {
	mu  sync.Mutex
	rec *coatcheck.Record
}

func (s *slot) through(rec *coatcheck.Record) *coatcheck.Record {
	s.mu.Lock()
	s.rec = rec
	s.mu.Unlock()
	pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rec
}

// swapsLoaded hands out the record of another Load.
type swapsLoaded struct {
	*Reference
	slot slot
}

func (s *swapsLoaded) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.slot.through(rec), nil
}

// swapsData hands out another's data under the right ID.
type swapsData struct {
	*Reference
	slot slot
}

func (s *swapsData) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	rec, err := s.Reference.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	c := *rec
	c.Data = s.slot.through(rec).Data
	return &c, nil
}

// swapsCreated stores the data of another Create.
type swapsCreated struct {
	*Reference
	slot slot
}

func (s *swapsCreated) Create(ctx context.Context, rec *coatcheck.Record) error {
	c := *rec
	c.Data = s.slot.through(rec).Data
	return s.Reference.Create(ctx, &c)
}
