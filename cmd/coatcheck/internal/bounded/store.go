// Package bounded limits the time of each call to a store, so that a command
// ends when its store does not answer, however long its whole work takes.
package bounded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Store passes calls on to another one. It can what that one can, and is as
// safe for concurrent use. Make it by [New].
type Store struct {
	inner coatcheck.Store
	limit time.Duration
}

// New returns a store whose calls end after limit at the latest.
func New(inner coatcheck.Store, limit time.Duration) *Store { return &Store{inner, limit} }

// begin returns the context of one call.
func (s *Store) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.limit, context.DeadlineExceeded)
}

// explain says of an error that it is our limit which was reached.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the store did not answer within %v; --timeout gives it longer: %w", s.limit, err)
}

// ask makes one call that answers.
func ask[T any](ctx context.Context, s *Store, call func(context.Context) (T, error)) (T, error) {
	within, end := s.begin(ctx)
	defer end()
	v, err := call(within)
	return v, s.explain(ctx, err)
}

// tell makes one call that does not.
func (s *Store) tell(ctx context.Context, call func(context.Context) error) error {
	within, end := s.begin(ctx)
	defer end()
	return s.explain(ctx, call(within))
}

// Load implements [coatcheck.Store].
func (s *Store) Load(ctx context.Context, id coatcheck.ID) (*coatcheck.Record, error) {
	return ask(ctx, s, func(ctx context.Context) (*coatcheck.Record, error) { return s.inner.Load(ctx, id) })
}

// Create implements [coatcheck.Store].
func (s *Store) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.tell(ctx, func(ctx context.Context) error { return s.inner.Create(ctx, rec) })
}

// Replace implements [coatcheck.Store].
func (s *Store) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.tell(ctx, func(ctx context.Context) error { return s.inner.Replace(ctx, rec, old) })
}

// Touch implements [coatcheck.Store].
func (s *Store) Touch(ctx context.Context, id coatcheck.ID, expires time.Time) error {
	return s.tell(ctx, func(ctx context.Context) error { return s.inner.Touch(ctx, id, expires) })
}

// Delete implements [coatcheck.Store].
func (s *Store) Delete(ctx context.Context, id coatcheck.ID) error {
	return s.tell(ctx, func(ctx context.Context) error { return s.inner.Delete(ctx, id) })
}
