package sealed

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// The layout of a token, before base64url; docs/SEALED.md says the same.
//
//	 0  1  format, 1
//	 1  4  ID of the key
//	 5 24  nonce
//	29     what XAES-256-GCM made of the content, 16 bytes longer than that
const (
	format  = 1
	atID    = 1
	atNonce = atID + idBytes
	atBody  = atNonce + xaesNonce
	least   = atBody + 1 + xaesTag

	// longest is what eight cookies can hold.
	longest = 8 * 4096
)

// Faults of a token, by the reasons of their events. They say nothing about
// what the token holds.
var (
	errForm    = &fault{"form"}    // not base64url, too short or too long
	errFormat  = &fault{"format"}  // of a release that is newer than this one, or not ours
	errKey     = &fault{"key"}     // sealed with a key that is not in the ring
	errForged  = &fault{"forged"}  // changed, or sealed for another name or purpose
	errContent = &fault{"content"} // sealed by us, but no record
)

// A fault is why a token opens nothing.
type fault struct{ reason string }

func (f *fault) Error() string  { return "sealed: the token opens nothing: " + f.reason }
func (f *fault) Reason() string { return f.reason }
func (f *fault) Unwrap() error  { return coatcheck.ErrNotFound }

// coding is strict: there is one token for each run of bytes.
var coding = base64.RawURLEncoding.Strict()

// decode returns the bytes of a token that has the right form.
func decode(token coatcheck.Token) ([]byte, error) {
	n := coding.DecodedLen(len(token))
	if len(token) > longest || n < least {
		return nil, errForm
	}
	b := make([]byte, n)
	// Line breaks are skipped, so fewer bytes tell that there were some.
	if m, err := coding.Decode(b, []byte(token)); err != nil || m != n || coding.EncodedLen(n) != len(token) {
		return nil, errForm
	}
	return b, nil
}

// aad returns what a token vouches for besides its content.
func (s *Store) aad(scope string, id [idBytes]byte) []byte {
	b := make([]byte, 0, len(aadDomain)+1+1+len(s.opts.Purpose)+2+len(scope)+idBytes)
	b = append(b, aadDomain...)
	b = append(b, format, byte(len(s.opts.Purpose)))
	b = append(b, s.opts.Purpose...)
	b = append(b, byte(len(scope)>>8), byte(len(scope)))
	b = append(b, scope...)
	return append(b, id[:]...)
}

const aadDomain = "coatcheck/sealed"

// wrap makes a token of b, whose content begins at atBody, sealed with the
// first key. It works in b's memory.
func (s *Store) wrap(scope string, b []byte) (coatcheck.Token, error) {
	if n := coding.EncodedLen(len(b) + xaesTag); n > longest {
		return "", fmt.Errorf("sealed: %w: the token would have %d characters; at most %d can be opened", coatcheck.ErrTooLarge, n, longest)
	}
	key := &s.ring[0]
	b[0] = format
	copy(b[atID:], key.id[:])
	nonce := b[atNonce:atBody]
	key.cipher.draw(nonce)
	b, err := key.cipher.seal(b[:atBody], nonce, b[atBody:], s.aad(scope, key.id))
	if err != nil {
		return "", err
	}
	return encode(b), nil
}

// encode returns the token for bytes. Going piece by piece it needs no copy.
func encode(b []byte) coatcheck.Token {
	var text strings.Builder
	text.Grow(coding.EncodedLen(len(b)))
	var piece [1024]byte
	for whole := len(piece) / 4 * 3; len(b) > 0; b = b[min(whole, len(b)):] {
		part := b[:min(whole, len(b))]
		coding.Encode(piece[:], part)
		text.Write(piece[:coding.EncodedLen(len(part))])
	}
	return coatcheck.Token(text.String())
}

// unwrap returns the content of a token.
func (s *Store) unwrap(scope string, token coatcheck.Token) ([]byte, error) {
	b, err := decode(token)
	if err != nil {
		return nil, err
	}
	if b[0] != format {
		return nil, errFormat
	}
	key := s.find([idBytes]byte(b[atID:]))
	if key == nil {
		return nil, errKey
	}
	body := b[atBody:]
	content, err := key.cipher.open(body[:0], b[atNonce:atBody], body, s.aad(scope, key.id))
	if err != nil {
		return nil, errForged
	}
	return content, nil
}
