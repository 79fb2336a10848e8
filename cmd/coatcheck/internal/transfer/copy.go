package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A Copy says what to copy, and how. From, To, their names and State must be
// set; for the rest the zero value is the default.
type Copy struct {
	// From is where sessions are read. It must be a [coatcheck.Lister], and
	// may be in use.
	From coatcheck.Store

	// To is where they are written.
	To coatcheck.Store

	// FromName and ToName name the two stores, and tie the state to them. They
	// do not leave the program.
	FromName, ToName string

	// State is the path of the state file. It is made if there is none, as a
	// file of package hashstore; beside it stands a lock of the same name with
	// ".lock" behind it. Both belong to the copy until its user removes them.
	State string

	// Batch is how many sessions are read and written at a time. Default 500.
	Batch int

	// Workers is how many calls to a store are made at a time. Default 16.
	Workers int

	// Rate is how many sessions a second are looked at. Default 0: no limit.
	Rate int

	// Passes is after how many passes the copy gives up waiting for one that
	// finds no change. Default 10.
	Passes int

	// Patience is how long a call to a store that does not answer is repeated.
	// Default 30 seconds.
	Patience time.Duration

	// Emptied carries it over that From has lost most of its sessions. Else
	// that is [ErrEmptied], since a store is emptied by accident more often
	// than on purpose.
	Emptied bool

	// Now is the clock. Default [time.Now].
	Now func() time.Time

	// Progress, if set, is called again and again with how far it has come,
	// never at the same time.
	Progress func(Progress)
}

// Defaults of a Copy.
const (
	defaultBatch    = 500
	defaultWorkers  = 16
	defaultPasses   = 10
	defaultPatience = 30 * time.Second
)

// ErrEmptied means that FROM has lost most of its sessions since the copy
// began. Nothing was ended in TO.
var ErrEmptied = errors.New("FROM has lost most of its sessions")

// filled returns a copy of c with every default put in, or an error that names
// the field that breaks a rule.
func (c Copy) filled() (Copy, error) {
	switch {
	case c.From == nil || c.To == nil || c.FromName == "" || c.ToName == "" || c.State == "":
		return c, fmt.Errorf("%w: Copy needs From, To, FromName, ToName and State", coatcheck.ErrInvalid)
	case c.FromName == c.ToName:
		return c, fmt.Errorf("%w: FROM and TO are the same store", coatcheck.ErrInvalid)
	}
	for _, f := range []struct {
		name  string
		value *int
		deflt int
	}{{"Batch", &c.Batch, defaultBatch}, {"Workers", &c.Workers, defaultWorkers}, {"Rate", &c.Rate, 0}, {"Passes", &c.Passes, defaultPasses}} {
		if *f.value < 0 {
			return c, fmt.Errorf("%w: Copy.%s is %d; it must not be below 0", coatcheck.ErrInvalid, f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.deflt
		}
	}
	if c.Rate > 0 {
		c.Batch = min(c.Batch, max(1, c.Rate/4)) // or the limit would come in bursts
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	return c, nil
}

// A Result is what a copy did and what it found in the end.
type Result struct {
	Passes  int  `json:"passes"`
	Settled bool `json:"settled"` // the last pass found no change

	Created  int64 `json:"created"`  // sessions that were new to TO
	Replaced int64 `json:"replaced"` // that had changed
	Touched  int64 `json:"touched"`  // whose deadline had moved
	Ended    int64 `json:"ended"`    // that FROM had ended

	// Of all runs together, as the digests of both sides say:
	Verified   int64 `json:"verified"`   // sessions of TO that are those of FROM
	Mismatched int64 `json:"mismatched"` // that are not, though they should be
	Absent     int64 `json:"absent"`     // that TO should have, and has not
	Kept       int64 `json:"kept"`       // that TO's own users changed, left alone
	Gone       int64 `json:"gone"`       // that TO's own users ended, left alone
	Refused    int64 `json:"refused"`    // that TO does not take
	Own        int64 `json:"own"`        // that TO has, and not from FROM

	// Again says that a run before this one had come to its end, and found all
	// in TO. TO may be in use since, so that what is absent may have been ended
	// by its users.
	Again bool `json:"again"`

	// Examples are some of those mismatched, absent or refused.
	Examples []coatcheck.ID `json:"examples,omitempty"`
}

// Whole reports whether TO has everything that it should have.
func (r *Result) Whole() bool { return r.Settled && r.Refused == 0 && r.sound() }

// sound reports whether TO has kept all that was written to it.
func (r *Result) sound() bool { return r.Mismatched == 0 && (r.Absent == 0 || r.Again) }

// maxExamples is how many examples a result has.
const maxExamples = 10

func (r *Result) example(id coatcheck.ID) {
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, id)
	}
}

// Run copies. What it has done before an error stays done, and the next Run
// with the same state goes on there: so it does after a kill.
//
// An error of the state file wraps [ErrState]; a FROM that cannot list is
// [coatcheck.ErrUnsupported]; a TO without room is [coatcheck.ErrFull]. The
// result tells what was done until then.
func (c Copy) Run(ctx context.Context) (res Result, err error) {
	if c, err = c.filled(); err != nil {
		return res, err
	}
	from, err := lister(c.From)
	if err != nil {
		return res, fmt.Errorf("FROM: %w", err)
	}
	l, err := openLedger(ctx, c.State, c.FromName, c.ToName)
	if err != nil {
		return res, err
	}
	r := &run{Copy: c, from: from, to: target{c.To, c.Now}, ledger: l, pace: pace{rate: c.Rate}}
	r.res.Again = l.head.Completed
	err = r.all(ctx)
	if cerr := l.close(); err == nil && cerr != nil {
		err = fmt.Errorf("%w: %w", ErrState, cerr)
	}
	return r.res, err
}

// A run is one Run.
type run struct {
	Copy
	from   coatcheck.Lister
	to     target
	ledger *ledger
	pace   pace
	res    Result

	meter   *meter
	seen    bits  // the sessions that this pass has met
	met     int64 // how many that are
	read    int64 // records that the last pass has read
	changes int64 // what FROM has changed, or ended, since it was carried
	scratch []byte
}

// all makes passes until one finds no change, and verifies.
func (r *run) all(ctx context.Context) error {
	size := total(ctx, r.From)
	for r.res.Passes < r.Passes && !r.res.Settled {
		r.res.Passes++
		before := r.changes
		r.phase(Reading, size)
		if err := r.pass(ctx); err != nil {
			return err
		}
		r.res.Settled = r.changes == before
		size = r.read
	}
	r.phase(Verifying, size)
	if err := r.verify(ctx); err != nil {
		return err
	}
	if r.res.sound() {
		r.ledger.head.Completed = true
	}
	return r.ledger.saveHead(ctx)
}
