// Package listing walks through the sessions of any store that can list them:
// page by page, filtered, and so that a later walk can go on where one ended.
package listing

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/coatcheck/coatcheck"
)

// pageSize is how many records a page asks the store for.
const pageSize = 500

// An Entry is a session in a listing.
type Entry struct {
	coatcheck.Info

	// Expired says that it has ended and waits to be swept. Many stores
	// leave such sessions out of their lists.
	Expired bool
}

// A Page is a part of a listing.
type Page struct {
	Entries []Entry        // those that the filter lets through
	Damaged []coatcheck.ID // sessions that cannot be read
	Seen    int            // records looked at
	Next    string         // a later walk goes on after it; "" at the end
}

// A Walk goes through sessions. The zero value lacks a Store. Use it from one
// goroutine.
type Walk struct {
	// Store is where the sessions are.
	Store coatcheck.Store

	// Filter chooses among them.
	Filter Filter

	// After is the Next of the page behind which to begin; "" is the start.
	After string

	// Limit ends the walk after so many entries; 0 means none.
	Limit int

	// Now is the moment by which sessions have expired or not.
	Now time.Time
}

// CheckStore returns an error if store cannot be walked through.
func CheckStore(store coatcheck.Store, f Filter) error {
	can := coatcheck.CapabilitiesOf(store)
	if can.List || f.Owner != "" && can.Owners {
		return nil
	}
	return unable("list its sessions")
}

// unable is what a store cannot do.
type unable string

func (u unable) Error() string { return "this store cannot " + string(u) }
func (unable) Unwrap() error   { return coatcheck.ErrUnsupported }

// Unable returns the error that a store cannot do something, such as "sweep". It
// is [coatcheck.ErrUnsupported].
func Unable(what string) error { return unable(what) }

// Pages yields the pages of the walk, empty ones included. An error ends it.
func (w *Walk) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		if err := CheckStore(w.Store, w.Filter); err != nil {
			yield(Page{}, err)
			return
		}
		left := w.Limit
		for cursor := w.After; ; {
			p, err := w.page(ctx, cursor, left)
			if err == nil && p.Next != "" && p.Next == cursor {
				err = errors.New("the store's listing does not advance")
			}
			if err != nil {
				yield(Page{}, err)
				return
			}
			left -= len(p.Entries)
			if !yield(p, nil) || p.Next == "" || w.Limit > 0 && left <= 0 {
				return
			}
			cursor = p.Next
		}
	}
}

// page reads one page with at most left matches, if there is a limit. A page
// that has more is read again, shorter, so that its Next stands right behind
// the last match that is shown.
func (w *Walk) page(ctx context.Context, cursor string, left int) (Page, error) {
	for size := pageSize; ; {
		recs, damaged, next, err := w.records(ctx, cursor, size)
		if err != nil {
			return Page{}, err
		}
		p := Page{Seen: len(recs), Next: next, Damaged: damaged}
		last := 0 // behind the last record that there is room for
		for i, rec := range recs {
			e, err := w.entry(rec)
			switch {
			case errors.Is(err, coatcheck.ErrCorrupt):
				p.Damaged = append(p.Damaged, rec.ID)
			case err == nil && w.Filter.match(&e, w.Now):
				p.Entries = append(p.Entries, e)
				if len(p.Entries) == left {
					last = i + 1
				}
			}
		}
		if w.Limit == 0 || len(p.Entries) <= left {
			return p, nil
		}
		size = last
	}
}

// entry returns what a listing shows of a record.
func (w *Walk) entry(rec *coatcheck.Record) (Entry, error) {
	info, err := rec.Info()
	return Entry{Info: info, Expired: !rec.Live(w.Now)}, err
}

// records reads a page of all records, or of an owner's if the store finds
// those by itself.
func (w *Walk) records(ctx context.Context, cursor string, limit int) (recs []*coatcheck.Record, damaged []coatcheck.ID, next string, err error) {
	can := coatcheck.CapabilitiesOf(w.Store)
	// No store loads what has expired.
	if w.Filter.Owner == "" || !can.Owners || can.List && w.Filter.Expired {
		recs, next, err = w.Store.(coatcheck.Lister).List(ctx, cursor, limit)
		return recs, nil, next, err
	}
	ids, next, err := w.Store.(coatcheck.OwnerIndex).Owned(ctx, w.Filter.Owner, cursor, limit)
	if err != nil {
		return nil, nil, "", err
	}
	for _, id := range ids {
		rec, err := w.Store.Load(ctx, id)
		switch {
		case err == nil:
			recs = append(recs, rec)
		case errors.Is(err, coatcheck.ErrCorrupt):
			damaged = append(damaged, id)
		case !errors.Is(err, coatcheck.ErrNotFound): // the index outlives its records
			return nil, nil, "", err
		}
	}
	return recs, damaged, next, nil
}
