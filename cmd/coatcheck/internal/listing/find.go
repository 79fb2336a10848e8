package listing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// leastPrefix is how many digits of an ID name a session.
const leastPrefix = 6

// ErrName means that a word on the command line names no session, whatever the
// store has.
var ErrName = errors.New("not a session ID")

// ParseName checks what somebody wrote for a session: its ID, or the first
// digits of it. The error, [ErrName], does not repeat the word, which may be a
// token.
func ParseName(word string) (id coatcheck.ID, prefix string, err error) {
	digits := strings.ToLower(word)
	hex := strings.Trim(digits, "0123456789abcdef") == ""
	switch {
	case hex && len(digits) == 64:
		id, err := coatcheck.ParseID(digits)
		return id, "", err
	case hex && len(digits) >= leastPrefix && len(digits) < 64:
		return coatcheck.ID{}, digits, nil
	}
	if _, err := coatcheck.ParseToken(word); err == nil {
		return coatcheck.ID{}, "", fmt.Errorf("%w: that is a token, which does not belong on a command line: pipe it into coatcheck id", ErrName)
	}
	return coatcheck.ID{}, "", fmt.Errorf("%w: it has 64 hexadecimal digits, of which the first %d or more are enough", ErrName, leastPrefix)
}

// A missing is a session that there is not.
type missing struct{ prefix string }

func (m *missing) Error() string { return "there is no session whose ID begins with " + m.prefix }
func (*missing) Unwrap() error   { return coatcheck.ErrNotFound }

// Find returns the ID of the session that somebody named. First digits are
// looked up by a walk through the whole store: none is
// [coatcheck.ErrNotFound], several are an error.
func Find(ctx context.Context, store coatcheck.Store, word string, now time.Time) (coatcheck.ID, error) {
	id, prefix, err := ParseName(word)
	if err != nil || prefix == "" {
		return id, err
	}
	w := Walk{Store: store, Filter: Filter{Prefix: prefix}, Now: now}
	found := 0
	for page, err := range w.Pages(ctx) {
		if errors.Is(err, coatcheck.ErrUnsupported) {
			return id, fmt.Errorf("%w: give all 64 digits of the ID", err)
		}
		if err != nil {
			return id, err
		}
		for _, e := range page.Entries {
			if e.ID != id {
				id, found = e.ID, found+1
			}
		}
	}
	switch found {
	case 0:
		return id, &missing{prefix}
	case 1:
		return id, nil
	}
	return coatcheck.ID{}, fmt.Errorf("%d sessions have an ID that begins with %s: give more digits", found, prefix)
}
