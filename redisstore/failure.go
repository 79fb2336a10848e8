package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// errClosed is what every method returns after Close.
var errClosed = fmt.Errorf("redisstore: store: %w", coatcheck.ErrClosed)

// A dialError is what kept a client from coming about. Nothing was sent.
type dialError struct{ err error }

func (e *dialError) Error() string { return "connect: " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// A verdict is what an error means for the call that met it.
type verdict int

const (
	final   verdict = iota // the error is the outcome: refused for good, or unknown
	undone                 // nothing was done, and another attempt may help
	unread                 // no answer: another attempt helps a read; a write may have been done
	textual                // the server does not know the script: send its text
	demoted                // undone, since the server is a replica now
)

// passing are the beginnings of answers by which a server refuses a command as
// a whole, for the moment.
var passing = []string{"LOADING", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOREPLICAS", "ERR max number of clients"}

// judge tells what err means for a call of the store. A client of the caller's
// that leads to one server and is closed will not come back; others say the same
// of a server that they have left.
func (s *Store) judge(ctx context.Context, err error) verdict {
	if s.link.connect == nil && errors.Is(err, valkey.ErrClosing) {
		if c := s.link.current.Load(); c != nil && (*c).Mode() == valkey.ClientModeStandalone {
			return final
		}
	}
	return judge(ctx, err)
}

// judge tells what err means. ctx is the context of the call.
func judge(ctx context.Context, err error) verdict {
	var refused *valkey.ValkeyError
	var dial *dialError
	var netErr *net.OpError
	switch {
	case errors.Is(err, coatcheck.ErrClosed), isTLS(err):
		return final
	case errors.As(err, &refused):
		return judgeAnswer(refused.Error())
	case errors.As(err, &dial), errors.Is(err, valkey.ErrNoSlot), errors.As(err, &netErr) && netErr.Op == "dial":
		return undone
	case isContext(err) && !ended(ctx):
		// Another call's context ended while it made the connection for both.
		return undone
	case isContext(err):
		return final
	}
	return unread
}

// judgeAnswer tells what a server's refusal means.
func judgeAnswer(text string) verdict {
	switch {
	case strings.HasPrefix(text, "NOSCRIPT"):
		return textual
	case strings.HasPrefix(text, "READONLY"), strings.HasPrefix(text, "MASTERDOWN"):
		return demoted
	}
	for _, p := range passing {
		if strings.HasPrefix(text, p) {
			return undone
		}
	}
	return final
}

// isTLS reports whether the two sides cannot agree on a connection.
func isTLS(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &alert)
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// ended reports whether ctx is done, or is about to be: the deadline that was
// set on a connection may strike a moment earlier.
func ended(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && time.Until(end) <= time.Millisecond
}

// explain gives an error the package's prefix, and the contract's name where
// it has one.
func explain(op string, err error) error {
	var refused *valkey.ValkeyError
	if errors.As(err, &refused) {
		switch text := refused.Error(); {
		case strings.HasPrefix(text, "OOM"):
			return fmt.Errorf("redisstore: %s: %w: %w", op, coatcheck.ErrFull, err)
		case strings.HasPrefix(text, "WRONGTYPE"):
			return fmt.Errorf("redisstore: %s: %w: %w", op, coatcheck.ErrCorrupt, err)
		case strings.HasPrefix(text, "MOVED"):
			return fmt.Errorf("redisstore: %s: the server is one of a cluster: use a URL that begins with redis-cluster://: %w", op, err)
		}
	}
	if errors.Is(err, coatcheck.ErrClosed) {
		return err
	}
	return fmt.Errorf("redisstore: %s: %w", op, err)
}
