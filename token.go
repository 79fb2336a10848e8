package coatcheck

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

const (
	tokenBytes = 32 // entropy: 256 bits
	tokenLen   = 43 // the same in unpadded base64url
)

// A Token is the secret that a client holds and that opens its session: 256
// random bits as 43 characters of unpadded base64url. "" is no token.
//
// The token of a sealed session (see [Sealer]) is longer: it holds the record.
//
// A Token prints, logs and marshals as a fixed word, so that it does not leak
// by accident; convert it with string(t) where it has to be sent.
type Token string

// redacted is what a token shows of itself.
const redacted = "coatcheck.Token(redacted)"

// String returns a fixed word, never the token.
func (Token) String() string { return redacted }

// Format implements [fmt.Formatter] for every verb by the same fixed word.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer] by the same fixed word.
func (Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler] by the same fixed word.
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// ParseToken checks that s has the form of a stored session's token. It says nothing about
// whether a session has it. The error is [ErrInvalid] and does not repeat s.
func ParseToken(s string) (Token, error) {
	if why := tokenFault(s); why != "" {
		return "", fmt.Errorf("%w: not a session token: %s", ErrInvalid, why)
	}
	return Token(s), nil
}

// tokenFault says what is wrong with the form of a token, "" if nothing is.
// It does not decode: Go's decoder skips line breaks and accepts trailing
// bits, so that many strings would stand for one token.
func tokenFault(s string) string {
	if len(s) != tokenLen {
		return "length"
	}
	for i := 0; i < len(s); i++ {
		if !base64URL[s[i]] {
			return "characters"
		}
	}
	// 43 characters carry 258 bits; the last two must be zero.
	switch s[tokenLen-1] {
	case 'A', 'E', 'I', 'M', 'Q', 'U', 'Y', 'c', 'g', 'k', 'o', 's', 'w', '0', '4', '8':
		return ""
	}
	return "trailing bits"
}

// base64URL are the bytes of tokens.
var base64URL = setOf(isBase64URL)

func isBase64URL(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// newToken draws a token from the system's random source, which in Go never
// fails.
func newToken() Token {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:])
	return Token(base64.RawURLEncoding.EncodeToString(b[:]))
}

// idDomain separates our hashes from everybody else's. With a name of up to
// seven bytes, domain, name, NUL and token fit into one block of SHA-256.
//
// Tokens that travel in URLs have a domain of their own: they leak more easily,
// and what leaks must open nothing elsewhere.
const (
	idDomain  = "cc1:"
	urlDomain = "cc1u:"
)

// ID returns the store's key for a token of this manager. It does not check
// the token's form, and no I/O happens.
func (m *Manager) ID(t Token) ID {
	var buf [128]byte
	b := append(buf[:0], m.domain...)
	b = append(b, m.opts.Name...)
	b = append(b, 0)
	b = append(b, t...)
	return sha256.Sum256(b)
}
