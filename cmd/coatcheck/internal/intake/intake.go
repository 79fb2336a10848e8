// Package intake reads sessions that other programs have written: a line for
// each, its key and its values.
//
//	KEY {"views":7,"user":"ada"}
//
// This is what the tools of older session libraries dump, and what shells and
// jq write with ease. Empty lines, and lines that begin with "#", are left out.
package intake

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// maxLine bounds a line in bytes: the greatest data of a session, and a key.
const maxLine = 16<<20 + 4<<10

// A Session is one that was read.
type Session struct {
	Line  int             // where it stands, counted from 1
	ID    coatcheck.ID    // its ID if that was its key, else zero
	Token coatcheck.Token // its token otherwise
	Data  []byte          // its values, one JSON object; valid until the next Read
}

// A Reader reads sessions. Make it by [NewReader]; use it from one goroutine.
type Reader struct {
	lines   *bufio.Scanner
	foreign bool
	line    int
}

// NewReader returns a reader of r. With foreign set, keys are session IDs of
// another system, of whatever form; see [ForeignToken].
func NewReader(r io.Reader, foreign bool) *Reader {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	return &Reader{lines: lines, foreign: foreign}
}

// Line returns the number of the line that Read has read.
func (r *Reader) Line() int { return r.line }

// Read returns the next session, and [io.EOF] at the end. Errors do not repeat
// what the line says: its key may be a token.
func (r *Reader) Read() (Session, error) {
	for r.lines.Scan() {
		r.line++
		text := bytes.TrimSpace(r.lines.Bytes())
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		s, err := r.parse(text)
		if err != nil {
			return Session{}, fmt.Errorf("line %d: %w", r.line, err)
		}
		s.Line = r.line
		return s, nil
	}
	err := r.lines.Err()
	switch {
	case err == nil:
		return Session{}, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		err = fmt.Errorf("it is longer than %d MiB", maxLine>>20)
	}
	return Session{}, fmt.Errorf("line %d: %w", r.line+1, err)
}

// parse reads one line.
func (r *Reader) parse(text []byte) (s Session, err error) {
	end := bytes.IndexAny(text, " \t")
	if end < 0 {
		return s, errors.New("want a key, a space and a JSON object")
	}
	key := string(text[:end])
	s.Data = bytes.TrimSpace(text[end:])
	if err := checkObject(s.Data); err != nil {
		return s, err
	}
	switch s.ID, err = coatcheck.ParseID(strings.ToLower(key)); {
	case r.foreign:
		s.ID, s.Token, err = coatcheck.ID{}, ForeignToken(key), nil
	case err != nil:
		s.Token, err = coatcheck.ParseToken(key)
	}
	if err != nil {
		err = fmt.Errorf("the key of %d characters is neither an ID nor a token of ours; --foreign takes those of other systems", len(key))
	}
	return s, err
}

// checkObject says what is wrong with what should be a JSON object.
func checkObject(data []byte) error {
	if !json.Valid(data) {
		var v any
		return fmt.Errorf("that is no JSON: %w", json.Unmarshal(data, &v))
	}
	if data[0] != '{' {
		return errors.New("the values must be a JSON object, {…}")
	}
	return nil
}

// ForeignToken returns the token for a session ID of another system, which need
// not have the form of our tokens: the unpadded base64url form of its SHA-256. A
// program that meets the other system's cookie gets at the session by the same
// step, and then renews it.
func ForeignToken(key string) coatcheck.Token {
	sum := sha256.Sum256([]byte(key))
	return coatcheck.Token(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// Owner returns the owner that a session's values name under key: a text or a
// number. "" means that there is none.
func Owner(data []byte, key string) (string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		return "", err
	}
	value := bytes.TrimSpace(values[key])
	var text string
	switch {
	case len(value) == 0, string(value) == "null":
		return "", nil
	case json.Unmarshal(value, &text) == nil:
		return text, nil
	case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
		return string(value), nil
	}
	return "", fmt.Errorf("the owner, %q, is neither a text nor a number", key)
}
