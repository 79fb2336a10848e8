package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
)

// A record is a hash with these fields. One more, "entry", is there while the
// record stands in its owner's index, and says as what.
//
// The head is text: the number 1 of the format, the version, the deadline, when
// the session was created, when its owner logged in, and the length of meta,
// with a space behind each; then meta and the owner. Times are milliseconds
// since 1970, "-" when there is none.
var fields = []string{"expires", "head", "data"}

// maxData is the greatest length of Data that is sent: well below the 512 MiB
// at which servers cut the connection.
const maxData = 128 << 20

// acceptable checks what Create and Replace are given.
func (s *Store) acceptable(ctx context.Context, rec *coatcheck.Record) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if len(rec.Data) > maxData {
		return fmt.Errorf("redisstore: %w: %d bytes of data, at most %d can be stored", coatcheck.ErrTooLarge, len(rec.Data), maxData)
	}
	return nil
}

// text is b as a string, without a copy: nobody writes to a record.
func text(b []byte) string { return valkey.BinaryString(b) }

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// expires is when the record ends at the latest as it is given.
func expires(rec *coatcheck.Record) time.Time {
	if rec.Deadline.Before(rec.Expires) {
		return rec.Deadline
	}
	return rec.Expires
}

// head returns the field of that name.
func head(rec *coatcheck.Record) string {
	b := make([]byte, 0, 2+20+4*15+5+len(rec.Meta)+len(rec.Owner))
	b = append(b, "1 "...)
	b = append(strconv.AppendUint(b, rec.Version, 10), ' ')
	b = append(strconv.AppendInt(b, rec.Deadline.UnixMilli(), 10), ' ')
	b = appendTime(b, rec.Created)
	b = appendTime(b, rec.AuthTime)
	b = append(strconv.AppendInt(b, int64(len(rec.Meta)), 10), ' ')
	b = append(b, rec.Meta...)
	return text(append(b, rec.Owner...))
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "- "...)
	}
	return append(strconv.AppendInt(b, t.UnixMilli(), 10), ' ')
}

// decode makes a record of the fields that a server returned.
func decode(id coatcheck.ID, msg valkey.ValkeyMessage) (*coatcheck.Record, error) {
	values, err := msg.ToArray()
	if err != nil || len(values) != len(fields) {
		return nil, errDamaged
	}
	return decodeFields(id, values)
}

func decodeFields(id coatcheck.ID, values []valkey.ValkeyMessage) (*coatcheck.Record, error) {
	missing := 0
	for i := range values {
		if values[i].IsNil() {
			missing++
		}
	}
	if missing == len(fields) {
		return nil, coatcheck.ErrNotFound
	}
	expires, err1 := values[0].ToString()
	head, err2 := values[1].AsBytes()
	data, err3 := values[2].AsBytes()
	if missing > 0 || errors.Join(err1, err2, err3) != nil {
		return nil, errDamaged
	}
	return parseRecord(id, expires, head, data)
}

var errDamaged = fmt.Errorf("redisstore: load: %w: fields are missing or malformed", coatcheck.ErrCorrupt)

// parseRecord makes a record of its fields, of whose bytes it keeps some.
func parseRecord(id coatcheck.ID, expires string, head, data []byte) (*coatcheck.Record, error) {
	rec := &coatcheck.Record{ID: id, Data: data}
	p := parser{rest: text(head)}
	format := p.word()
	rec.Version = p.version()
	rec.Deadline = p.time()
	rec.Created = p.time()
	rec.AuthTime = p.time()
	n := p.length()
	end := parser{rest: expires + " "}
	rec.Expires = end.time()
	if format != "1" || p.bad || end.bad || end.rest != "" || rec.Expires.IsZero() || rec.Deadline.IsZero() {
		return nil, errDamaged
	}
	at := len(head) - len(p.rest)
	rec.Meta = head[at : at+n : at+n]
	rec.Owner = p.rest[n:]
	return rec, nil
}

// A parser reads words that have a space behind each. It remembers if one was
// not what it should be.
type parser struct {
	rest string
	bad  bool
}

func (p *parser) word() string {
	word, rest, ok := strings.Cut(p.rest, " ")
	p.rest, p.bad = rest, p.bad || !ok
	return word
}

// version reads what Lua compares as text: only the canonical form will do.
func (p *parser) version() uint64 {
	word := p.word()
	n, err := strconv.ParseUint(word, 10, 64)
	p.bad = p.bad || err != nil || len(word) > 1 && word[0] == '0'
	return n
}

func (p *parser) time() time.Time {
	word := p.word()
	if word == "-" {
		return time.Time{}
	}
	ms, err := strconv.ParseInt(word, 10, 64)
	p.bad = p.bad || err != nil
	return time.UnixMilli(ms).UTC()
}

// length reads a number of bytes that must still follow.
func (p *parser) length() int {
	n, err := strconv.Atoi(p.word())
	if p.bad = p.bad || err != nil || n < 0 || n > len(p.rest); p.bad {
		return 0
	}
	return n
}
