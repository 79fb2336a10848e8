package sealed

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// A Key is a secret from which sessions are sealed. Make it by [NewKey],
// [KeyOf], [ParseKey] or [ReadKeys]; the zero Key is refused by [New]. It is immutable.
//
// A Key prints and logs as its ID, so that it does not leak by accident.
type Key struct{ secret string }

const (
	keyBytes = 32 // at least
	idBytes  = 4
)

// NewKey draws a key from the system's random source, which never fails.
func NewKey() Key {
	var b [keyBytes]byte
	_, _ = rand.Read(b[:])
	return Key{string(b[:])}
}

// KeyOf returns the key with the given secret, at least 32 random bytes as a
// key server hands them out. Fewer bytes are [coatcheck.ErrInvalid], and so
// are such that cannot be random: text, which has to be decoded first, and
// repetitions.
func KeyOf(secret []byte) (Key, error) {
	if len(secret) < keyBytes {
		return Key{}, invalid("a key has at least %d random bytes, not %d: draw one by NewKey", keyBytes, len(secret))
	}
	distinct, text := [256]bool{}, true
	kinds := 0
	for _, b := range secret {
		text = text && (b >= ' ' && b < 0x7f || b == '\n' || b == '\r' || b == '\t')
		if !distinct[b] {
			distinct[b] = true
			kinds++
		}
	}
	switch {
	case text:
		return Key{}, invalid("a key is random bytes, and this is text: decode it by ParseKey, base64 or hex, and use no passwords")
	case kinds < keyBytes/2:
		return Key{}, invalid("a key is random bytes, and these repeat themselves: draw one by NewKey")
	}
	return Key{string(secret)}, nil
}

// ParseKey reads a key as [Key.Reveal] writes it. Anything else is
// [coatcheck.ErrInvalid]; the error does not repeat it.
func ParseKey(text string) (Key, error) {
	secret, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Key{}, invalid("a key is written in base64url without padding, as Key.Reveal does")
	}
	return KeyOf(secret)
}

// Reveal returns the key's secret in base64url, for a file of keys. Keep it out
// of programs' arguments, environments and repositories.
func (k Key) Reveal() string { return base64.RawURLEncoding.EncodeToString([]byte(k.secret)) }

// ID returns the eight hexadecimal digits by which cookies name the key. It
// tells nothing about the secret.
func (k Key) ID() string {
	if k.secret == "" {
		return "none"
	}
	id := k.id()
	return hex.EncodeToString(id[:])
}

// Format implements [fmt.Formatter] for every verb by the key's ID.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// String returns the key's ID in a few words, never the secret.
func (k Key) String() string { return "sealed.Key(" + k.ID() + ")" }

// LogValue implements [slog.LogValuer] like String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements [encoding.TextMarshaler] like String.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// derive returns n bytes for one use. They tell nothing about the secret, nor
// about those for other uses.
func (k Key) derive(use string, n int) []byte {
	b, err := hkdf.Key(sha256.New, []byte(k.secret), nil, "coatcheck/sealed/1 "+use, n)
	if err != nil {
		panic(err) // n is far below the limit, and the hash approved
	}
	return b
}

func (k Key) id() [idBytes]byte { return [idBytes]byte(k.derive("id", idBytes)) }
