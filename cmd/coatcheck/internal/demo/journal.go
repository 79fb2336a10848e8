package demo

import (
	"context"
	"fmt"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// A journal collects the events of one request, for the foot of its page.
type journal struct {
	mu     sync.Mutex
	events []coatcheck.Event
}

// journalKey is the key under which a context finds its journal.
type journalKey struct{}

// note is the manager's OnEvent.
func note(ctx context.Context, e coatcheck.Event) {
	j, ok := ctx.Value(journalKey{}).(*journal)
	if !ok {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// has reports whether an event of that kind was noted.
func (j *journal) has(kind coatcheck.EventKind) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// arrival tells how the request's ticket fared.
func (j *journal) arrival(s *coatcheck.Session) step {
	id := s.ID()
	switch {
	case !s.IsNew():
		return step{"coatcheck.FromContext(ctx)", fmt.Sprintf("Your ticket opened session %s.", id.Short())}
	case j.has(coatcheck.EventExpired):
		return step{"coatcheck.FromContext(ctx)", "Your ticket was for a session that has expired. It opens nothing any more."}
	case j.has(coatcheck.EventDuplicate):
		return step{"coatcheck.FromContext(ctx)", "Your browser showed several tickets, and there is no telling which is yours. None was trusted."}
	case j.has(coatcheck.EventRejected):
		return step{"coatcheck.FromContext(ctx)", "Your browser showed a ticket that opens nothing here. It was not adopted."}
	}
	return step{"coatcheck.FromContext(ctx)", "Your browser came without a ticket."}
}

// ending tells what became of the session's changes.
func (j *journal) ending(s *coatcheck.Session, changed bool, c carrier) step {
	id := s.ID()
	switch {
	case j.has(coatcheck.EventCreated):
		return step{"", fmt.Sprintf("Session %s was born and saved, and its new ticket %s: before the first byte of this page.", id.Short(), c.went())}
	case j.has(coatcheck.EventReplayed):
		return step{"", "Another request saved first. The change was made again on top of that one and saved: neither is lost."}
	case changed:
		return step{"", "The change was saved before the first byte of this page left."}
	case s.IsNew():
		return step{"", "Nothing was changed, so nothing is stored, and " + c.none() + "."}
	}
	return step{"", "Nothing was changed, so nothing was written."}
}
