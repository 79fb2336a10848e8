package hashstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
)

// powerKeys is the number of sessions that a power failure may hurt.
const powerKeys = 14

// A powerValue is what a session may hold after the power failed. Version 0
// stands for no session.
type powerValue struct {
	version        uint64
	least, expires time.Time // its deadline without and with touches
}

// A powerModel knows what a store may hold after its power failed: for each
// session one of some values. With level Always they are what was acknowledged
// and what was under way; otherwise all since what is certain.
type powerModel struct {
	always  bool
	start   time.Time
	version uint64
	keys    [powerKeys][]powerValue // oldest first; the last was acknowledged
	under   []powerCall             // the calls under way, each for a session of its own
	syncing bool
}

// A powerCall is a call that makes a value that of a session.
type powerCall struct {
	key     int
	value   powerValue
	certain bool // it waits for the disk
}

func newPowerModel(always bool) *powerModel {
	m := &powerModel{always: always, start: time.Now().UTC().Truncate(time.Millisecond)}
	for key := range m.keys {
		m.keys[key] = []powerValue{{}}
	}
	return m
}

func (m *powerModel) now(key int) powerValue { return m.keys[key][len(m.keys[key])-1] }

// begin notes a call that would make v the value of a session.
func (m *powerModel) begin(key int, v powerValue) {
	m.under = append(m.under, powerCall{key, v, m.always || v.version == 0})
}

// end notes that the last of those that began has.
func (m *powerModel) end() {
	last := len(m.under) - 1
	call := m.under[last]
	m.under = m.under[:last]
	m.became(call)
}

func (m *powerModel) became(call powerCall) {
	key, v := call.key, call.value
	values := m.keys[key]
	last := &values[len(values)-1]
	switch {
	case v.version != 0 && v.version == last.version:
		last.expires = v.expires
	case call.certain:
		m.keys[key] = []powerValue{v} // and never again what was before
	default:
		m.keys[key] = append(values, v)
	}
}

// synced notes that everything is certain now.
func (m *powerModel) synced() {
	for key := range m.keys {
		m.keys[key] = []powerValue{m.now(key)}
	}
}

func powerID(key int) coatcheck.ID {
	return sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(key)))
}

// record makes the record of a version. Its data follow from that.
func (m *powerModel) record(key int, version uint64, expires time.Time) *coatcheck.Record {
	rec := &coatcheck.Record{
		ID: powerID(key), Created: m.start, Deadline: m.start.Add(100 * time.Hour), Expires: expires, Version: version,
		Data: bytes.Repeat(binary.LittleEndian.AppendUint64(nil, version*0x9e3779b97f4a7c15), int(version%97)),
	}
	if key%2 == 0 {
		rec.Owner, rec.AuthTime = fmt.Sprint("owner ", key%4), m.start
	}
	return rec
}

// step makes a random call.
func (m *powerModel) step(ctx context.Context, s *hashstore.Store, rnd *rand.Rand) error {
	key := rnd.IntN(powerKeys)
	old := m.now(key)
	at := m.at(rnd)
	switch n := rnd.IntN(100); {
	case n < 20 && old.version != 0:
		if err := m.lapse(ctx, s, key, old); err != nil {
			return err
		}
		old = powerValue{} // for another in its place
		fallthrough
	case n < 55:
		return m.put(ctx, s, key, old, at)
	case n < 80:
		m.begin(key, powerValue{})
		return m.ended(s.Delete(ctx, powerID(key)))
	case n < 88:
		return m.touch(ctx, s, key, old, at)
	case n < 97:
		m.syncing = true
		defer func() { m.syncing = false }()
		if err := s.Sync(ctx); err != nil {
			return err
		}
		m.synced()
		return nil
	}
	return s.Compact(ctx)
}

// aside makes a random call of those that do not wait for the disk, while
// others are under way.
func (m *powerModel) aside(ctx context.Context, s *hashstore.Store, rnd *rand.Rand) error {
	key := rnd.IntN(powerKeys)
	if m.syncing || slices.ContainsFunc(m.under, func(c powerCall) bool { return c.key == key }) {
		return nil
	}
	always := m.always
	m.always = false
	defer func() { m.always = always }()
	if rnd.IntN(3) == 0 {
		return m.touch(ctx, s, key, m.now(key), m.at(rnd))
	}
	return m.put(ctx, s, key, m.now(key), m.at(rnd))
}

// at returns when a session shall end.
func (m *powerModel) at(rnd *rand.Rand) time.Time {
	return m.start.Add(time.Duration(1+rnd.IntN(90)) * time.Hour)
}

// put creates a session, or goes on with it.
func (m *powerModel) put(ctx context.Context, s *hashstore.Store, key int, old powerValue, at time.Time) error {
	m.version++
	v := powerValue{m.version, at, at}
	rec := m.record(key, v.version, at)
	if old.expires.After(at) {
		v.expires = old.expires
	}
	m.begin(key, v)
	if old.version == 0 {
		return m.ended(s.Create(ctx, rec))
	}
	return m.ended(s.Replace(ctx, rec, old.version))
}

// touch moves the end of a session, if there is one.
func (m *powerModel) touch(ctx context.Context, s *hashstore.Store, key int, old powerValue, at time.Time) error {
	if old.version == 0 {
		return nil
	}
	if at.After(old.expires) {
		old.expires = at
	}
	m.begin(key, old)
	return m.ended(s.Touch(ctx, powerID(key), at))
}

// lapse ends a session by a record that has expired already, for a sweep to find.
func (m *powerModel) lapse(ctx context.Context, s *hashstore.Store, key int, old powerValue) error {
	m.version++
	rec := m.record(key, m.version, m.start.Add(-time.Hour))
	rec.Deadline = rec.Expires
	m.begin(key, powerValue{})
	return m.ended(s.Replace(ctx, rec, old.version))
}

func (m *powerModel) ended(err error) error {
	if err == nil {
		m.end()
	}
	return err
}

// check holds a store to the model after the power failed. gone is set where
// everything may be lost.
func (m *powerModel) check(ctx context.Context, s *hashstore.Store, gone bool) error {
	for key := range powerKeys {
		rec, err := s.Load(ctx, powerID(key))
		if err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
			return fmt.Errorf("session %d: %w", key, err)
		}
		may := m.keys[key]
		for _, call := range m.under {
			if call.key == key {
				may = append(may[:len(may):len(may)], call.value)
			}
		}
		if !m.fits(key, rec, may) && !(gone && rec == nil) {
			return fmt.Errorf("session %d: found %s, may be %v", key, describe(rec), may)
		}
	}
	return nil
}

// fits reports whether a record is that of one of the values. Its deadline may
// be earlier than the last touch made it, but not later.
func (m *powerModel) fits(key int, rec *coatcheck.Record, may []powerValue) bool {
	fits := false
	for _, v := range may {
		switch {
		case rec == nil || v.version == 0:
			fits = fits || rec == nil && v.version == 0
		case rec.Version == v.version && !rec.Expires.Before(v.least) && !rec.Expires.After(v.expires):
			want := m.record(key, v.version, rec.Expires)
			fits = fits || bytes.Equal(rec.Data, want.Data) && rec.Owner == want.Owner && rec.Deadline.Equal(want.Deadline)
		}
	}
	return fits
}

func describe(rec *coatcheck.Record) string {
	if rec == nil {
		return "nothing"
	}
	return fmt.Sprintf("version %d of %q until %v", rec.Version, rec.Owner, rec.Expires)
}
