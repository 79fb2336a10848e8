package main

import (
	"context"
	"time"

	"github.com/coatcheck/coatcheck"
)

// An absentee stands for a member of a ring that could not be opened. All its
// calls return the error that says why.
type absentee struct{ err error }

// Load implements [coatcheck.Store].
func (a absentee) Load(context.Context, coatcheck.ID) (*coatcheck.Record, error) { return nil, a.err }

// Create implements [coatcheck.Store].
func (a absentee) Create(context.Context, *coatcheck.Record) error { return a.err }

// Replace implements [coatcheck.Store].
func (a absentee) Replace(context.Context, *coatcheck.Record, uint64) error { return a.err }

// Touch implements [coatcheck.Store].
func (a absentee) Touch(context.Context, coatcheck.ID, time.Time) error { return a.err }

// Delete implements [coatcheck.Store].
func (a absentee) Delete(context.Context, coatcheck.ID) error { return a.err }
