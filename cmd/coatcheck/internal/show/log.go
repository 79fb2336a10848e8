package show

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coatcheck/coatcheck"
)

// A Log is a [slog.Handler] that writes warnings and errors for people, one
// line each. It is safe for concurrent use as far as its writer is.
type Log struct {
	out   io.Writer
	attrs []slog.Attr
	count *atomic.Int64
	named *sync.Map // the IDs of the sessions that the lines are about
}

// NewLog returns one that writes to out.
func NewLog(out io.Writer) *Log {
	return &Log{out: out, count: new(atomic.Int64), named: new(sync.Map)}
}

// Count returns how many lines there were.
func (l *Log) Count() int { return int(l.count.Load()) }

// Sessions returns how many different sessions the lines name by their "id", as
// stores do of those that they leave out of lists.
func (l *Log) Sessions() (n int) {
	l.named.Range(func(any, any) bool { n++; return true })
	return n
}

// Enabled implements [slog.Handler].
func (*Log) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements [slog.Handler].
func (l *Log) Handle(_ context.Context, r slog.Record) error {
	l.count.Add(1)
	var about []string
	add := func(a slog.Attr) bool {
		about = append(about, a.Key+" "+a.Value.Resolve().String())
		if id, ok := a.Value.Any().(coatcheck.ID); ok && a.Key == "id" {
			l.named.Store(id, nil)
		}
		return true
	}
	for _, a := range l.attrs {
		add(a)
	}
	r.Attrs(add)
	line := r.Message
	if len(about) > 0 {
		line += " (" + strings.Join(about, ", ") + ")"
	}
	_, err := fmt.Fprintf(l.out, "coatcheck: %s: %s\n", strings.ToLower(r.Level.String()), Line(line))
	return err
}

// WithAttrs implements [slog.Handler].
func (l *Log) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Log{l.out, append(l.attrs[:len(l.attrs):len(l.attrs)], attrs...), l.count, l.named}
}

// WithGroup implements [slog.Handler]. The names of groups are left out.
func (l *Log) WithGroup(string) slog.Handler { return l }
