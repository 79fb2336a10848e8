package storetest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

var verbatimChecks = []check{
	{"data of any length", func(p *probe) {
		for _, n := range []int{0, 1, 255, 256, 4096, 65535, 65536, 65537, p.suite.MaxData} {
			if n <= p.suite.MaxData {
				p.keeps(func(r *coatcheck.Record) { r.Data = randomBytes(n) })
			}
		}
	}},
	{"data above the limit is kept whole or refused with ErrTooLarge", func(p *probe) {
		rec := p.fresh()
		rec.Data = randomBytes(p.suite.MaxData + 1)
		err := p.store.Create(p.ctx, rec)
		if errors.Is(err, coatcheck.ErrTooLarge) {
			p.absent(rec.ID)
			return
		}
		if err != nil {
			p.Fatalf("Create with %d bytes of data: error is %v, want none or %v", len(rec.Data), err, coatcheck.ErrTooLarge)
		}
		p.holds(rec)
	}},
	{"data that Replace makes too large is kept whole or refused with ErrTooLarge", func(p *probe) {
		rec := p.stored(p.fresh())
		next := successor(rec)
		next.Data = randomBytes(p.suite.MaxData + 1)
		switch err := p.store.Replace(p.ctx, next, rec.Version); {
		case err == nil:
			p.holds(next)
		case errors.Is(err, coatcheck.ErrTooLarge):
			p.holds(rec)
		default:
			p.Fatalf("Replace with %d bytes of data: error is %v, want none or %v", len(next.Data), err, coatcheck.ErrTooLarge)
		}
	}},
	{"meta of any length", func(p *probe) {
		for _, n := range []int{0, 1, 255, 256, coatcheck.MaxMeta} {
			p.keeps(func(r *coatcheck.Record) { r.Meta = randomBytes(n) })
		}
	}},
	{"data and meta of any bytes", func(p *probe) {
		for _, b := range awkward {
			p.keeps(func(r *coatcheck.Record) { r.Data, r.Meta = []byte(b), []byte(b+b) })
		}
	}},
	{"owner of any length", func(p *probe) {
		for _, n := range []int{1, 63, 255, 256, 1000} {
			p.keeps(func(r *coatcheck.Record) { r.Owner = string(randomBytes(n)) })
		}
	}},
	{"owner of any bytes", func(p *probe) {
		for _, b := range awkward {
			p.keeps(func(r *coatcheck.Record) { r.Owner = b })
		}
	}},
	{"times to the millisecond in UTC", func(p *probe) {
		for _, ms := range []time.Duration{0, 1, 10, 499, 500, 999} {
			p.keeps(func(r *coatcheck.Record) {
				for _, t := range []*time.Time{&r.Created, &r.AuthTime, &r.Expires, &r.Deadline} {
					*t = t.Truncate(time.Second).Add(ms * time.Millisecond)
				}
			})
		}
	}},
	{"times long ago and in the far future", func(p *probe) {
		p.keeps(func(r *coatcheck.Record) {
			r.Created = time.UnixMilli(0).UTC()
			r.AuthTime = time.UnixMilli(1).UTC()
		})
		p.keeps(func(r *coatcheck.Record) {
			r.Created = time.UnixMilli(-1).UTC()
			r.AuthTime = time.UnixMilli(0).UTC()
		})
		p.keeps(func(r *coatcheck.Record) {
			r.Deadline = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
			r.Expires = r.Deadline
		})
		p.keeps(func(r *coatcheck.Record) {
			r.Expires = time.Date(2038, 1, 19, 3, 14, 8, 1e6, time.UTC)
			r.Deadline = time.Date(2106, 2, 7, 6, 28, 16, 1e6, time.UTC)
		})
	}},
	{"zero AuthTime", func(p *probe) {
		p.keeps(func(r *coatcheck.Record) { r.AuthTime = time.Time{} })
		rec := p.stored(p.anonymous())
		if auth := p.load(rec.ID).AuthTime; !auth.IsZero() {
			p.Fatalf("Load: AuthTime is %v, want zero", auth)
		}
	}},
	{"IDs that differ in one bit", func(p *probe) {
		// Letters, digits and spaces, so that one of the bits is the case.
		base := unhex("4141610a20005a7a" + "0000000000000000" + "22255c0d2739c3a9" + "ff80000000000020")
		copy(base[8:], randomBytes(8))
		p.tells(base, func(yield func(coatcheck.ID)) {
			for bit := range 8 * len(base) {
				id := base
				id[bit/8] ^= 1 << (bit % 8)
				yield(id)
			}
		})
	}},
	{"IDs that differ in the case of their text", func(p *probe) {
		base := randomID()
		text := base64.RawURLEncoding.EncodeToString(base[:])
		p.tells(base, func(yield func(coatcheck.ID)) {
			// The last digit stays: not all of its bits belong to the ID.
			for i := range len(text) - 1 {
				yield(fromBase64(text[:i] + swapCase(text[i:i+1]) + text[i+1:]))
			}
		})
	}},
}

// awkward are strings that some encoding, collation or C library changes.
var awkward = []string{
	"\x00", "a\x00b", "\x00\x00", "a\x00",
	" ", "a ", " a", "a\t", "a\n", "\r\n", "a",
	"A", "ä", "a\u0308", "ß", "SS", "ſ", "İ", "\u200b", "\ufeff",
	"\xff", "\xc3", "a\xc3\x28", "\xed\xa0\x80", "\xf0\x9f\x98", "😀", "\ufffd",
	"'", "''", `"`, "`", `\`, `\\`, `\'`, `\x00`, "%", "_", "%s", "$1", "?", ":a", ";--",
	"null", "NULL", "{}", "0", "1e3", "true", "<&>", "/", "..", "a/b", "a:b", "a|b", "{a}", "*",
	allBytes(),
}

// allBytes returns each of the 256 bytes once.
func allBytes() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

// keeps checks that a record comes back as it was given to Create, and another
// like it as it was given to Replace.
func (p *probe) keeps(change func(*coatcheck.Record)) {
	p.Helper()
	created := p.fresh()
	change(created)
	p.holds(p.stored(created))

	replaced := clone(created)
	replaced.ID = p.id()
	before := successor(replaced)
	p.stored(before)
	p.replace(replaced, before.Version)
	p.holds(replaced)
}

// tells checks that the store does not take one ID for another: base and those
// that others yields.
func (p *probe) tells(base coatcheck.ID, others func(yield func(coatcheck.ID))) {
	p.Helper()
	recs := map[coatcheck.ID]*coatcheck.Record{}
	add := func(id coatcheck.ID) {
		if recs[id] != nil {
			return
		}
		recs[id] = newRecord(p.own(id), "", p.now())
		if err := p.store.Create(p.ctx, recs[id]); err != nil {
			p.Fatalf("Create of %s beside %s: %v", id, base, err)
		}
	}
	add(base)
	others(add)
	for id, want := range recs {
		got, err := p.loadFrom(p.store, id)
		if err != nil {
			p.Fatalf("Load of %s beside %s: %v", id, base, err)
		}
		if d := difference(got, want); d != "" {
			p.Fatalf("Load of %s beside %s: %s", id, base, d)
		}
	}
}

func fromBase64(text string) (id coatcheck.ID) {
	if n, err := base64.RawURLEncoding.Decode(id[:], []byte(text)); err != nil || n != len(id) {
		panic(fmt.Sprintf("storetest: %q is not an ID: %v", text, err))
	}
	return id
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}
