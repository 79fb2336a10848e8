package transfer

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/coatcheck/coatcheck"
)

// An Export says what to export, and how. From and To must be set; for the rest
// the zero value is the default.
type Export struct {
	// From is where sessions are read. It must be a [coatcheck.Lister], and
	// may be in use: each session is exported as it was at some moment.
	From coatcheck.Store

	// To is where the lines go.
	To io.Writer

	// Batch, Rate, Patience, Now and Progress are as in [Copy].
	Batch, Rate int
	Patience    time.Duration
	Now         func() time.Time
	Progress    func(Progress)
}

// Run exports all sessions that have not expired, and returns how many there
// were. What the library keeps beside them, such as the marks of logouts, is
// exported, too, and not counted. After an error what was written lacks its end,
// so that no import takes it for whole.
func (x Export) Run(ctx context.Context) (n int64, err error) {
	from, err := lister(x.From)
	if err != nil {
		return 0, err
	}
	setTo(&x.Batch, defaultBatch)
	setTo(&x.Patience, defaultPatience)
	if x.Now == nil {
		x.Now = time.Now
	}
	m := newMeter(x.Progress, Reading, total(ctx, x.From))
	w := newLineWriter(x.To)
	if err := w.value(exportHead{"sessions", exportFormat, x.Now().UTC().Format(timeForm)}); err != nil {
		return 0, err
	}
	p := pace{rate: x.Rate}
	for page, err := range pages(ctx, from, x.Batch, x.Patience) {
		if err == nil {
			err = p.wait(ctx, len(page))
		}
		if err != nil {
			return n, err
		}
		now := x.Now()
		for _, rec := range page {
			if !rec.Live(now) {
				continue
			}
			if err := w.record(rec); err != nil {
				return n, err
			}
			if isSession(rec) {
				n++
			}
		}
		m.step(len(page), w.n)
	}
	return n, w.end()
}

// isSession reports whether people would count a record. A damaged one is a
// session, too.
func isSession(rec *coatcheck.Record) bool {
	_, err := rec.Info()
	return !errors.Is(err, coatcheck.ErrNotFound)
}

// setTo puts a default in the place of zero.
func setTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// A lineWriter writes an export.
type lineWriter struct {
	out     *bufio.Writer
	all     hash.Hash
	n       int64
	buf     []byte
	scratch []byte
}

func newLineWriter(w io.Writer) *lineWriter {
	all := sha256.New()
	return &lineWriter{out: bufio.NewWriterSize(io.MultiWriter(w, all), 64<<10), all: all}
}

// value writes a line that is no record.
func (w *lineWriter) value(v any) error {
	line, err := json.Marshal(v)
	if err == nil {
		_, err = w.out.Write(append(line, '\n'))
	}
	return err
}

// record writes a record.
func (w *lineWriter) record(rec *coatcheck.Record) (err error) {
	if w.buf, w.scratch, err = appendLine(w.buf[:0], rec, w.scratch); err != nil {
		return err
	}
	w.n++
	_, err = w.out.Write(w.buf)
	return err
}

// end writes the last line.
func (w *lineWriter) end() error {
	if err := w.out.Flush(); err != nil { // so that the sum knows all
		return err
	}
	if err := w.value(exportEnd{true, w.n, fmt.Sprintf("%x", w.all.Sum(nil))}); err != nil {
		return err
	}
	return w.out.Flush()
}
