package transfer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

// The form of an export is lines of JSON. The first one says what it is:
//
//	{"coatcheck":"sessions","format":1,"exported":"2026-01-02T15:04:05.000Z"}
//
// then each session has one:
//
//	{"id":"…64 hexadecimal digits…","owner":"ada","created":"…","auth_time":"…",
//	 "deadline":"…","expires":"…","version":"4297033870","meta":"…base64…",
//	 "data":{"views":7},"sum":"…8 hexadecimal digits…"}
//
// and the last one says that this is all:
//
//	{"end":true,"sessions":1,"sha256":"…of all bytes of the lines before…"}
//
// Nothing is lost on the way. Data that is JSON stands there as it is, byte for
// byte; other data, and such that a terminal or an editor could misread, is
// "data_base64". So is an owner that is not plain text "owner_base64". A version
// is a text since many programs read numbers with 53 bits. What is empty, or a
// time that is not known, is left out. "sum" is the CRC-32C of the binary form
// of the record, so that whoever changes a line by hand is found out.
const exportFormat = 1

// maxExportLine bounds a line in bytes: the largest record of our stores, twice.
const maxExportLine = 64 << 20

// timeForm has the milliseconds of a record's times.
const timeForm = "2006-01-02T15:04:05.000Z"

type exportHead struct {
	Coatcheck string `json:"coatcheck"`
	Format    int    `json:"format"`
	Exported  string `json:"exported"`
}

type exportEnd struct {
	End      bool   `json:"end"`
	Sessions int64  `json:"sessions"`
	SHA256   string `json:"sha256"`
}

// A exportLine is a line as it is read. The writer writes the same by hand, as
// package json would not leave the data as it is.
type exportLine struct {
	ID          coatcheck.ID    `json:"id"`
	Owner       string          `json:"owner"`
	OwnerBase64 []byte          `json:"owner_base64"`
	Created     string          `json:"created"`
	AuthTime    string          `json:"auth_time"`
	Deadline    string          `json:"deadline"`
	Expires     string          `json:"expires"`
	Version     string          `json:"version"`
	Meta        []byte          `json:"meta"`
	Data        json.RawMessage `json:"data"`
	DataBase64  []byte          `json:"data_base64"`
	Sum         string          `json:"sum"`
}

// appendLine appends the line of a record, with its end. scratch may be used
// again.
func appendLine(b []byte, rec *coatcheck.Record, scratch []byte) (line, rest []byte, err error) {
	b = append(b, `{"id":"`...)
	b = append(b, rec.ID.String()...)
	b = append(b, '"')
	switch {
	case rec.Owner == "":
	case plain(rec.Owner):
		quoted, err := json.Marshal(rec.Owner)
		if err != nil {
			return b, scratch, err
		}
		b = append(append(b, `,"owner":`...), quoted...)
	default:
		b = appendBase64(b, "owner_base64", []byte(rec.Owner))
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"created", rec.Created}, {"auth_time", rec.AuthTime}, {"deadline", rec.Deadline}, {"expires", rec.Expires}} {
		if t.at.IsZero() {
			continue
		}
		if y := t.at.UTC().Year(); y < 0 || y > 9999 {
			return b, scratch, fmt.Errorf("session %s: %s is in the year %d", rec.ID.Short(), t.name, y)
		}
		b = append(append(b, `,"`...), t.name...)
		b = append(t.at.UTC().AppendFormat(append(b, `":"`...), timeForm), '"')
	}
	b = append(strconv.AppendUint(append(b, `,"version":"`...), rec.Version, 10), '"')
	if len(rec.Meta) > 0 {
		b = appendBase64(b, "meta", rec.Meta)
	}
	switch {
	case len(rec.Data) == 0:
	case readable(rec.Data):
		b = append(append(b, `,"data":`...), rec.Data...)
	default:
		b = appendBase64(b, "data_base64", rec.Data)
	}
	sum, scratch := sumOf(rec, scratch)
	b = fmt.Appendf(b, `,"sum":"%08x"}`+"\n", sum)
	return b, scratch, nil
}

func appendBase64(b []byte, name string, data []byte) []byte {
	b = append(append(b, `,"`...), name...)
	b = base64.StdEncoding.AppendEncode(append(b, `":"`...), data)
	return append(b, '"')
}

// sumOf returns the checksum in the binary form of a record.
func sumOf(rec *coatcheck.Record, scratch []byte) (uint32, []byte) {
	scratch, _ = rec.AppendBinary(scratch[:0]) // its error is always nil
	return binary.BigEndian.Uint32(scratch[4:]), scratch
}

// plain reports whether a text has nothing that an editor or a terminal could
// take for something else.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// readable reports whether data can stand in a line as it is and is read as the
// same bytes again: it is one value of JSON, without space around it.
func readable(data []byte) bool {
	return data[0] > ' ' && data[len(data)-1] > ' ' && plain(string(data)) && json.Valid(data) && shallow(data)
}

// maxDepth is how many levels package json reads.
const maxDepth = 10_000

// shallow reports whether JSON can be read where it is one level deeper.
func shallow(data []byte) bool {
	if bytes.Count(data, []byte{'['})+bytes.Count(data, []byte{'{'}) < maxDepth {
		return true
	}
	return json.Valid(slices.Concat([]byte{'['}, data, []byte{']'}))
}

// ErrExport means that an export is damaged, cut off, or something else.
var ErrExport = errors.New("export")

// parseLine reads the line of a record.
func parseLine(line []byte, scratch []byte) (*coatcheck.Record, []byte, error) {
	var l exportLine
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, scratch, errors.New("it is no line of an export")
	}
	rec := &coatcheck.Record{ID: l.ID, Owner: l.Owner, Meta: l.Meta, Data: l.Data}
	if l.OwnerBase64 != nil {
		rec.Owner = string(l.OwnerBase64)
	}
	if l.DataBase64 != nil {
		rec.Data = l.DataBase64
	}
	for _, t := range []struct {
		text string
		at   *time.Time
	}{{l.Created, &rec.Created}, {l.AuthTime, &rec.AuthTime}, {l.Deadline, &rec.Deadline}, {l.Expires, &rec.Expires}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(timeForm, t.text)
		if err != nil {
			return nil, scratch, errors.New("a time in it is none")
		}
		*t.at = at
	}
	version, err := strconv.ParseUint(l.Version, 10, 64)
	if err != nil || version >= 1<<63 {
		return nil, scratch, errors.New("its version is none")
	}
	rec.Version = version
	want, err := strconv.ParseUint(l.Sum, 16, 32)
	sum, scratch := sumOf(rec, scratch)
	if err != nil || uint32(want) != sum {
		return nil, scratch, errors.New("its checksum is wrong: it was damaged or changed")
	}
	return rec, scratch, nil
}
