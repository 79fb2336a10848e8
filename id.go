package coatcheck

import (
	"encoding/hex"
	"fmt"
	"log/slog"
)

// An ID names a session in a [Store]: the SHA-256 of a domain prefix, the
// manager's name and the session's [Token]. An ID cannot be turned back into
// the token, so it may be logged, listed and used in URLs of an administration
// page. The zero ID names no session.
type ID [32]byte

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// String returns all 64 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first twelve hexadecimal digits: enough to recognise a
// session in a log or a list, too few to address one.
func (id ID) Short() string { return hex.EncodeToString(id[:6]) }

// LogValue implements [slog.LogValuer] by [ID.Short].
func (id ID) LogValue() slog.Value { return slog.StringValue(id.Short()) }

// MarshalText implements [encoding.TextMarshaler] by [ID.String].
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] by [ParseID].
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID reads the 64 hexadecimal digits that [ID.String] writes, in either
// case. Any other input is [ErrInvalid]; the error does not repeat it.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 2*len(id) {
		return ID{}, fmt.Errorf("%w: a session ID has %d hexadecimal digits, not %d characters", ErrInvalid, 2*len(id), len(s))
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("%w: a session ID has only hexadecimal digits", ErrInvalid)
	}
	return id, nil
}
