package sealed_test

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// The cookies of the golden files are what docs/SEALED.md says that they are:
// this opens them by that page, with nothing of this package.
func TestFormatIsAsDocumented(t *testing.T) {
	for name, golden := range goldenSessions {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			token, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			secret, err := base64.RawURLEncoding.DecodeString(testKey(t, 1).Reveal())
			expectNil(t, err)
			id := documentedKey(t, secret, "coatcheck/sealed/1 id", 4)
			if token[0] != 1 || !bytes.Equal(token[1:5], id) {
				t.Fatalf("begins with % x, want 01 % x", token[:5], id)
			}
			aad := []byte("coatcheck/sealed\x01\x07session\x00\x0cid\x00__Host-id")
			content := documentedOpen(t, documentedKey(t, secret, "coatcheck/sealed/1 seal session", 32), token[5:29], token[29:], append(aad, id...))
			packed, rest := content[0], content[1:]
			if (packed == 1) != golden.compress {
				t.Errorf("packed as %d", packed)
			}
			if packed == 1 {
				rest, err = io.ReadAll(flate.NewReader(bytes.NewReader(rest)))
				expectNil(t, err)
			}
			var rec coatcheck.Record
			expectNil(t, rec.UnmarshalBinary(rest))
			if rec.Owner != golden.owner || string(rec.Data) != `{"motto":"`+golden.motto+`"}` || uint32(rec.Version) != 0 {
				t.Errorf("owner %q, data %s, version %x", rec.Owner, rec.Data, rec.Version)
			}
		})
	}
}

func documentedKey(t *testing.T, secret []byte, info string, n int) []byte {
	t.Helper()
	key, err := hkdf.Key(sha256.New, secret, nil, info, n)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// documentedOpen is XAES-256-GCM step by step.
func documentedOpen(t *testing.T, key, nonce, sealed, aad []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	expectNil(t, err)
	l := make([]byte, 16)
	block.Encrypt(l, l)
	k1 := make([]byte, 16)
	for i := range k1 {
		k1[i] = l[i] << 1
		if i < 15 {
			k1[i] |= l[i+1] >> 7
		}
	}
	if l[0]>>7 == 1 {
		k1[15] ^= 0b10000111
	}
	var derived []byte
	for _, counter := range []byte{1, 2} {
		m := append([]byte{0, counter, 'X', 0}, nonce[:12]...)
		for i := range m {
			m[i] ^= k1[i]
		}
		block.Encrypt(m, m)
		derived = append(derived, m...)
	}
	inner, err := aes.NewCipher(derived)
	expectNil(t, err)
	gcm, err := cipher.NewGCM(inner)
	expectNil(t, err)
	content, err := gcm.Open(nil, nonce[12:], sealed, aad)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
