package coatcheck

import (
	"fmt"
	"io"
	"log/slog"
)

// Format implements [fmt.Formatter] for every verb: a session prints its ID in
// short form, or "new", and neither its token nor its values.
func (s *Session) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "coatcheck.Session("+s.label()+")")
}

// LogValue implements [slog.LogValuer] by the ID in short form, or "new".
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.label()) }

// label tells sessions apart in logs.
func (s *Session) label() string {
	if s == nil {
		return "nil"
	}
	if id := s.ID(); !id.IsZero() {
		return id.Short()
	}
	return "new"
}

// Format keeps the session and the cookie of a request out of what is printed
// of its context.
func (v *visit) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "coatcheck.visit") }

// String is what the context package prints of a visit inside its own.
func (v *visit) String() string { return "coatcheck.visit" }

// Format is the visit's.
func (l *lasting) Format(f fmt.State, verb rune) { (*visit)(l).Format(f, verb) }

// Format shows no more than the context that the call was begun with.
func (c *call) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, fmt.Sprint(c.parent)) }

// Format keeps the request out of what is printed of its writer.
func (writer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "coatcheck.writer") }
