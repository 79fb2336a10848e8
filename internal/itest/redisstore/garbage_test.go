//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// garbage is what no server says: a length below none, more than there can be,
// an answer to no command, answers within answers without an end.
var garbage = map[string]string{
	"a negative length":          "$-5",
	"a negative number of parts": "*-7",
	"a length past all memory":   "$1152921504606846976",
	"parts past all memory":      "*1152921504606846976",
	"a map past all memory":      "%1152921504606846976",
	"many parts":                 "*2000000000",
	"a length that overflows":    "$92233720368547758070",
	"an answer too many":         "*3\r\n_\r\n_\r\n_\r\n+OK",
	"a chunk past all memory":    "$?\r\n;1152921504606846976",
	"parts without an end":       strings.TrimSuffix(strings.Repeat("*1\r\n", 1<<20), "\r\n"),
	"no length":                  "$",
	"no type":                    "HTTP/1.1 400 Bad Request",
}

// TestGarbageIsAnError: whatever a server answers, a call ends with an error that
// says nothing about the session, and the next one goes by a connection that is
// sound.
func TestGarbageIsAnError(t *testing.T) {
	for name, answer := range garbage {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			r := newRelay(t, one.Addr)
			s := open(t, singleURL(r.addr), nil)
			rec := stored(t, s, newRecord("ann"))
			r.on(func(cmd []string) fate {
				if isWork(cmd) {
					return fate{answer: answer}
				}
				return fate{}
			})
			err := within(t, 300*time.Millisecond, func(ctx context.Context) error { _, err := s.Load(ctx, rec.ID); return err })
			known := errors.Is(err, coatcheck.ErrNotFound) || errors.Is(err, coatcheck.ErrCorrupt)
			if name != "an answer too many" && (err == nil || known) {
				t.Errorf("Load: %v", err)
			}
			r.on(nil)
			eventually(t, "the store works again", func() error { _, err := s.Load(t.Context(), rec.ID); return err })
			holds(t, s, rec)
		})
	}
}
