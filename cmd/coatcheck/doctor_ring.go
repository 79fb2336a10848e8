package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/storeurl"
)

// A ringDiagnosis is what the members of a ring come to.
type ringDiagnosis struct {
	members int
	failing []string // those that cannot be used
	absent  int      // of those, the ones that are not there
}

// verdict says at the end which members fail.
func (r *ringDiagnosis) verdict(err error) error {
	if len(r.failing) == 0 {
		return err
	}
	err = fmt.Errorf("%w: %d of %s cannot be used: %s", err, len(r.failing), show.Plural(int64(r.members), "member"),
		show.Text(strings.Join(r.failing, ", ")))
	if r.absent == r.members {
		return exit.With(exit.NotFound, err)
	}
	return err
}

// members looks at each member of a ring by itself, whatever is wrong with the
// others, and reports whether all could be opened.
func (d *diagnosis) members(ctx context.Context, ring *storeurl.Source) (whole bool, err error) {
	members, err := ring.Members()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		path, _ := ring.Path()
		return false, exit.With(exit.NotFound, fmt.Errorf("there is no file %s, which would name the members of the ring", path))
	case err != nil:
		d.add(problem, "store", "it cannot be opened: %s", oneLine(err))
		return false, nil
	}
	whole = true
	for _, m := range members {
		opened := d.member(ctx, m)
		if err := ctx.Err(); err != nil {
			return false, err
		}
		whole = whole && opened
	}
	return whole, nil
}

// member looks at one of them. It has a line if all is well with it, and lines
// for all that is not.
func (d *diagnosis) member(ctx context.Context, m storeurl.Member) (opened bool) {
	own := &diagnosis{printer: d.printer, place: d.place}
	opened = own.alone(ctx, m.Source, &d.ring)
	for _, f := range own.found {
		switch {
		case f.About == "store":
			d.add(f.Severity, "member", "%s: %s", m.Name, f.Text)
		case f.Severity != fine || f.About == "round trip":
			d.add(f.Severity, "member", "%s: %s: %s", m.Name, f.About, f.Text)
		}
	}
	d.ring.members++
	if !own.answered() {
		d.ring.failing = append(d.ring.failing, m.Name)
	}
	return opened
}

// alone looks at a store that is a member, and reports whether it could be
// opened.
func (d *diagnosis) alone(ctx context.Context, source *storeurl.Source, ring *ringDiagnosis) (opened bool) {
	if path, ok := filesOf(source.String()); ok && exists(path) {
		d.files(source.Scheme(), path)
	}
	store, err := within(source.String(), d.place.timeout, func() (coatcheck.Store, error) { return source.Open(ctx) })
	switch {
	case errors.Is(err, storeurl.ErrAbsent):
		ring.absent++
		d.add(problem, "store", "%s: coatcheck create makes one", oneLine(err))
		return false
	case err != nil:
		d.add(problem, "store", "it cannot be opened: %s", oneLine(err))
		return false
	}
	x := &examination{diagnosis: d, scheme: source.Scheme(), raw: store, store: bounded.New(store, d.place.timeout)}
	x.examine(ctx)
	if err := closeStore(store); err != nil {
		d.add(problem, "store", "it cannot be closed: %s", oneLine(err))
	}
	return true
}

// answered reports whether the store took part in a round trip.
func (d *diagnosis) answered() bool {
	return slices.ContainsFunc(d.found, func(f finding) bool { return f.About == "round trip" })
}
