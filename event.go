package coatcheck

import (
	"context"
	"log/slog"
	"strconv"
	"time"
)

// An EventKind says what happened in an [Event].
type EventKind uint8

// The kinds of events.
const (
	EventCreated       EventKind = iota + 1 // a session was born
	EventRenewed                            // a session got a new token
	EventLogin                              // an owner logged in; the session got a new token
	EventDestroyed                          // a session was destroyed by its user or by the program
	EventExpired                            // a session was found expired, or N were swept
	EventRejected                           // a token or record was refused; Reason says why
	EventDuplicate                          // a request carried several tokens: cookies of our name, or by carriers that disagree
	EventReplayed                           // a change met a concurrent one and was replayed onto it
	EventGone                               // a change came after the end of its session and was dropped
	EventLateChange                         // a change behind the headers was not saved: it needed a cookie, or Err says why
	EventDecodeFailure                      // a stored value did not decode into its key's type; Reason names the key
	EventStoreError                         // the store failed; Err says how
	eventKinds                              // one more than the last
)

var eventNames = [eventKinds]string{"", "created", "renewed", "login", "destroyed", "expired", "rejected",
	"duplicate", "replayed", "gone", "late change", "decode failure", "store error"}

// String returns the kind in words, such as "store error".
func (k EventKind) String() string {
	if k == 0 || k >= eventKinds {
		return "EventKind(" + strconv.Itoa(int(k)) + ")"
	}
	return eventNames[k]
}

// An Event tells what happened to a session. It never holds a token. Fields
// that do not apply to its kind are zero.
type Event struct {
	Kind   EventKind
	Time   time.Time // by Options.Now
	ID     ID        // the session; after a login or renewal the new ID
	Old    ID        // after a login or renewal the ID that ended
	Owner  string    // the account, where it is known
	Reason string    // a few fixed words, or the name of a key; never a client's input
	Err    error     // what the store said, or the codec, which may quote a value
	N      int       // how many sessions: 1, but for a sweep or DestroyOwner
}

// level is how loud the logger is about a kind: what the operator should look
// into is loud, what visitors can cause at will is not.
func (k EventKind) level() slog.Level {
	switch k {
	case EventStoreError:
		return slog.LevelError
	case EventDecodeFailure, EventLateChange:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// emit counts, logs and reports an event.
func (m *Manager) emit(ctx context.Context, e Event) {
	if e.N == 0 {
		e.N = 1
	}
	m.counts.events[e.Kind].Add(uint64(e.N))
	level := e.Kind.level()
	if e.Reason == reasonCorrupt || e.Reason == reasonMixup {
		level = slog.LevelError
	}
	logs := m.opts.Logger.Enabled(ctx, level)
	if !logs && m.opts.OnEvent == nil {
		return
	}
	e.Time = m.opts.Now()
	if m.opts.OnEvent != nil {
		m.opts.OnEvent(ctx, e)
	}
	if logs {
		m.opts.Logger.LogAttrs(ctx, level, "coatcheck: "+e.Kind.String(), e.attrs()...)
	}
}

// attrs returns the event's fields that say something. The owner is not among
// them: logs outlive accounts.
func (e Event) attrs() []slog.Attr {
	var a []slog.Attr
	if !e.ID.IsZero() {
		a = append(a, slog.Any("session", e.ID))
	}
	if !e.Old.IsZero() {
		a = append(a, slog.Any("old", e.Old))
	}
	if e.Reason != "" {
		a = append(a, slog.String("reason", e.Reason))
	}
	if e.Err != nil {
		a = append(a, slog.Any("error", e.Err))
	}
	if e.N > 1 {
		a = append(a, slog.Int("n", e.N))
	}
	return a
}

// Reasons of EventRejected, besides the faults of a token's form.
const (
	reasonUnknown   = "unknown"   // well-formed, but no live session has it
	reasonReplaced  = "replaced"  // the token was renewed; its successor lives
	reasonCorrupt   = "corrupt"   // the record is damaged
	reasonMixup     = "mixup"     // the store handed out another session's record
	reasonFuture    = "future"    // the record was created after now
	reasonAmbiguous = "ambiguous" // several cookies, and no telling which is ours
	reasonRevoked   = "revoked"   // a sealed session that was destroyed
	reasonChunks    = "chunks"    // a sealed session of which cookies are missing
)
