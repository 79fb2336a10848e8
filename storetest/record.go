package storetest

import (
	"bytes"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// randomID returns an ID that nobody else has.
func randomID() (id coatcheck.ID) {
	crand.Read(id[:])
	return id
}

// randomOwner returns an owner that nobody else has, and that nothing changes:
// see [awkward] for the others.
func randomOwner() string { return "owner-" + strings.ToLower(crand.Text()) }

// randomVersion returns a version as a manager might choose it.
func randomVersion() uint64 { return rand.Uint64() >> 1 }

// randomBytes returns n bytes that do not compress.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	crand.Read(b)
	return b
}

// millis cuts t to what a record keeps.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// newRecord returns a stamped record that lives for an hour from now.
func newRecord(id coatcheck.ID, owner string, now time.Time) *coatcheck.Record {
	now = millis(now)
	r := &coatcheck.Record{
		ID:       id,
		Owner:    owner,
		Created:  now.Add(-time.Minute),
		Deadline: now.Add(24 * time.Hour),
		Expires:  now.Add(time.Hour),
		Version:  randomVersion(),
	}
	if owner != "" {
		r.AuthTime = now.Add(-time.Second)
	}
	return stamp(r)
}

// successor returns a stamped copy of r with another version.
func successor(r *coatcheck.Record) *coatcheck.Record {
	c := *r
	for c.Version == r.Version {
		c.Version = randomVersion()
	}
	return stamp(&c)
}

// stub returns what a manager puts in the place of r when it swaps the token:
// no owner, no data, and an end that is near.
func stub(r *coatcheck.Record, deadline time.Time) *coatcheck.Record {
	c := successor(r)
	c.Owner, c.Data = "", nil
	c.Meta = []byte("stub")
	c.Deadline, c.Expires = deadline, deadline
	return c
}

// stamp writes into Data and Meta whose they are, so that a record which ends
// up under another ID, owner or version gives itself away. The lengths differ
// from record to record.
func stamp(r *coatcheck.Record) *coatcheck.Record {
	text := fmt.Sprintf("%s %q %d ", r.ID, r.Owner, r.Version)
	r.Data = []byte(strings.Repeat(text, 1+int(r.Version%5)))
	r.Meta = []byte("meta of " + text[:min(len(text), 200)])
	return r
}

// misstamped says what is wrong with a record that was loaded under id, or "".
func misstamped(r *coatcheck.Record, id coatcheck.ID) string {
	if r.ID != id {
		return fmt.Sprintf("asked for %s and got %s", id.Short(), r.ID.Short())
	}
	c := *r
	return difference(r, stamp(&c))
}

// clone copies a record and its slices.
func clone(r *coatcheck.Record) *coatcheck.Record {
	c := *r
	c.Data, c.Meta = bytes.Clone(r.Data), bytes.Clone(r.Meta)
	return &c
}

// difference says in which fields got is not want, or "". A nil slice is an
// empty one.
func difference(got, want *coatcheck.Record) string {
	var d []string
	if got.ID != want.ID {
		d = append(d, fmt.Sprintf("ID is %s, want %s", got.ID, want.ID))
	}
	if got.Version != want.Version {
		d = append(d, fmt.Sprintf("Version is %d, want %d", got.Version, want.Version))
	}
	d = append(d, bytesDiffer("Owner", []byte(got.Owner), []byte(want.Owner))...)
	d = append(d, bytesDiffer("Data", got.Data, want.Data)...)
	d = append(d, bytesDiffer("Meta", got.Meta, want.Meta)...)
	d = append(d, timeDiffers("Created", got.Created, want.Created)...)
	d = append(d, timeDiffers("AuthTime", got.AuthTime, want.AuthTime)...)
	d = append(d, timeDiffers("Deadline", got.Deadline, want.Deadline)...)
	d = append(d, timeDiffers("Expires", got.Expires, want.Expires)...)
	return strings.Join(d, "; ")
}

func timeDiffers(name string, got, want time.Time) []string {
	if !got.Equal(want) {
		return []string{fmt.Sprintf("%s is %s, want %s", name, got.Format(time.RFC3339Nano), want.Format(time.RFC3339Nano))}
	}
	if got.Location() != time.UTC {
		return []string{fmt.Sprintf("%s is in %s, want UTC", name, got.Location())}
	}
	return nil
}

// bytesDiffer shows the first difference rather than all of a MiB.
func bytesDiffer(name string, got, want []byte) []string {
	if bytes.Equal(got, want) {
		return nil
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	return []string{fmt.Sprintf("%s has %d bytes, want %d, and from byte %d on is %s, want %s",
		name, len(got), len(want), i, excerpt(got[i:]), excerpt(want[i:]))}
}

func excerpt(b []byte) string {
	const most = 24
	if len(b) > most {
		return fmt.Sprintf("%q …", b[:most])
	}
	return fmt.Sprintf("%q", b)
}

// unhex is for IDs with chosen bytes.
func unhex(s string) (id coatcheck.ID) {
	if n, err := hex.Decode(id[:], []byte(s)); err != nil || n != len(id) {
		panic("storetest: " + s + " is not an ID")
	}
	return id
}
