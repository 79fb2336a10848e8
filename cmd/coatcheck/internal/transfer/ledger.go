package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// A ledger is the state of a copy: a file of package hashstore, which survives
// a kill at any moment, checks what it reads, and needs no memory for what it
// holds. Under each session's ID stands an entry, and under headID the head. It
// is for one goroutine.
type ledger struct {
	store *hashstore.Store
	lock  *os.File
	head  head
	saved uint64 // the version of the head in the file
}

// A head says what the file is.
type head struct {
	Format    int    `json:"format"`
	From      string `json:"from"` // fingerprints of the stores' names
	To        string `json:"to"`
	Batch     uint64 `json:"batch"`     // the last one that was begun
	Done      uint64 `json:"done"`      // the last one that was done
	Sessions  uint64 `json:"sessions"`  // ordinals that were given out
	Completed bool   `json:"completed"` // a copy came to its end, at least once

	// Torn are batches of which nobody knows how far they came: one for each
	// time that a copy was cut short.
	Torn []uint64 `json:"torn,omitempty"`
}

// ledgerFormat is the version of the form of heads and entries.
const ledgerFormat = 1

// batchDone stands for a batch that was done: the first one is 1.
const batchDone = 0

// ErrState means that the state file is not the one of this copy, or damaged.
var ErrState = errors.New("state file")

// headID is no session's, but by a collision of SHA-256.
func headID() coatcheck.ID { return sha256.Sum256([]byte("coatcheck copy: head of the state")) }

// What the records of a ledger have for times: they never expire, and since
// they have a time of login the store never makes room in their place.
var (
	ledgerEpoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	ledgerEnd   = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// fingerprint stands for the name of a store in the file.
func fingerprint(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name)))[:24] }

// openLedger opens the state of the copy between the stores of these names,
// and makes it if there is none.
func openLedger(ctx context.Context, path, from, to string) (*ledger, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	store, err := hashstore.Open(path, &hashstore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrState, err), lock.Close())
	}
	l := &ledger{store: store, lock: lock}
	if err := l.open(ctx, from, to); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// open reads the head, or writes the first one.
func (l *ledger) open(ctx context.Context, from, to string) error {
	mine := head{Format: ledgerFormat, From: fingerprint(from), To: fingerprint(to)}
	rec, err := l.store.Load(ctx, headID())
	if errors.Is(err, coatcheck.ErrNotFound) {
		stats, err := l.store.Stat(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrState, err)
		}
		if stats.Records > 0 {
			return fmt.Errorf("%w: it holds something else than the state of a copy", ErrState)
		}
		l.head = mine
		return l.saveHead(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if err := json.Unmarshal(rec.Data, &l.head); err != nil {
		return fmt.Errorf("%w: its head is damaged: %w", ErrState, err)
	}
	l.saved = rec.Version
	switch {
	case l.head.Format != ledgerFormat:
		return fmt.Errorf("%w: its form has the version %d; this program reads %d", ErrState, l.head.Format, ledgerFormat)
	case l.head.From != mine.From || l.head.To != mine.To:
		return fmt.Errorf("%w: it belongs to a copy between two other stores", ErrState)
	}
	for l.head.Done < l.head.Batch {
		l.head.Done++
		l.head.Torn = append(l.head.Torn, l.head.Done)
	}
	return nil
}

func (l *ledger) close() error { return errors.Join(l.store.Close(), l.lock.Close()) }

// sync waits until everything is on the disk.
func (l *ledger) sync(ctx context.Context) error {
	if err := l.store.Sync(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	return nil
}

func (l *ledger) saveHead(ctx context.Context) error {
	data, err := json.Marshal(l.head)
	if err != nil {
		return err
	}
	l.saved, err = l.save(ctx, headID(), data, l.saved)
	return err
}

// save puts data under an ID over that version, and returns the next one.
func (l *ledger) save(ctx context.Context, id coatcheck.ID, data []byte, old uint64) (uint64, error) {
	rec := &coatcheck.Record{
		ID: id, Data: data, Version: old + 1,
		Created: ledgerEpoch, AuthTime: ledgerEpoch, Deadline: ledgerEnd, Expires: ledgerEnd,
	}
	var err error
	if old == 0 {
		err = l.store.Create(ctx, rec)
	} else {
		err = l.store.Replace(ctx, rec, old)
	}
	if err != nil {
		return old, fmt.Errorf("%w: %w", ErrState, err)
	}
	return rec.Version, nil
}

// get returns the entry of a session, nil if there is none.
func (l *ledger) get(ctx context.Context, id coatcheck.ID) (*entry, error) {
	rec, err := l.store.Load(ctx, id)
	if errors.Is(err, coatcheck.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	return entryIn(rec)
}

func entryIn(rec *coatcheck.Record) (*entry, error) {
	e, err := parseEntry(rec.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	e.stored = rec.Version
	return e, nil
}

// put stores an entry.
func (l *ledger) put(ctx context.Context, id coatcheck.ID, e *entry) (err error) {
	e.stored, err = l.save(ctx, id, e.append(nil), e.stored)
	return err
}

// begin notes that a batch begins which may have so many new sessions. Their
// entries follow.
func (l *ledger) begin(ctx context.Context, fresh int) error {
	l.head.Batch++
	l.head.Sessions += uint64(fresh)
	return l.saveHead(ctx)
}

// done says that the batch is done. That is noted in the file by the next
// begin, or by saveHead.
func (l *ledger) done() { l.head.Done = l.head.Batch }

// sure reports whether the batch that wrote e was done.
func (l *ledger) sure(e *entry) bool {
	return e.batch <= l.head.Done && !slices.Contains(l.head.Torn, e.batch)
}

// A line is one session in the ledger.
type line struct {
	id coatcheck.ID
	e  *entry
}

// pages calls fn for all entries, so many at a time.
func (l *ledger) pages(ctx context.Context, limit int, fn func([]line) error) error {
	for cursor := ""; ; {
		recs, next, err := l.store.List(ctx, cursor, limit)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrState, err)
		}
		lines := make([]line, 0, len(recs))
		for _, rec := range recs {
			if rec.ID == headID() {
				continue
			}
			e, err := entryIn(rec)
			if err != nil {
				return err
			}
			lines = append(lines, line{rec.ID, e})
		}
		if err := fn(lines); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}
