package ring_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring"
)

// Every envelope says what it is, and nothing of it can change unnoticed.
func TestEnvelopes(t *testing.T) {
	for _, epoch := range []uint64{0, 1, 1 << 40} {
		rec := newRecord()
		for want, raw := range ring.Envelopes(rec, epoch, "peer", time.Now()) {
			kind, got, peer, move := ring.Meaning(raw, epoch)
			if kind != want {
				t.Fatalf("epoch %d: a %s is taken for a %s", epoch, want, kind)
			}
			if raw.ID != rec.ID || !raw.Created.Equal(rec.Created) || !raw.AuthTime.Equal(rec.AuthTime) || len(raw.Meta) > coatcheck.MaxMeta || raw.Version >= 1<<63 {
				t.Errorf("epoch %d: a %s breaks the contract: %+v", epoch, want, raw)
			}
			if want == "copy" || want == "live" {
				if string(got.Data) != string(rec.Data) || string(got.Meta) != string(rec.Meta) || got.Version != rec.Version || got.Owner != rec.Owner {
					t.Errorf("epoch %d: a %s carries %+v, want %+v", epoch, want, got, rec)
				}
			}
			if (want == "copy" || want == "stub") && (peer != "peer" || move != 7) {
				t.Errorf("epoch %d: a %s is about %q and %d", epoch, want, peer, move)
			}
			if kind, _, _, _ := ring.Meaning(raw, epoch+1); kind != "dead" {
				t.Errorf("a %s of epoch %d is a %s in the next", want, epoch, kind)
			}
			if epoch == 0 && want == "live" {
				continue
			}
			for bit := range 8 * len(raw.Meta) {
				bad := *raw
				bad.Meta = bytes.Clone(raw.Meta)
				bad.Meta[bit/8] ^= 1 << (bit % 8)
				if kind, _, _, _ := ring.Meaning(&bad, epoch); kind != "live" && kind != "dead" || epoch != 0 && kind != "dead" {
					t.Fatalf("epoch %d: a %s with bit %d wrong is a %s", epoch, want, bit, kind)
				}
			}
		}
	}
}

// The stored formats, for ever.
func TestGoldenFormats(t *testing.T) {
	raw := &coatcheck.Record{ID: counted(7), Version: 0x7d1f7ed000000001}
	raw.Meta, _ = hex.DecodeString("6363" + "72696e6701" + "73" + "0000000000000000" + "0000000000000000" + "0000000100000002" + "0000000000000000" + "05" + "6f74686572" + "e1e69b5e")
	if kind, _, peer, move := ring.Meaning(raw, 0); kind != "stub" || peer != "other" || move != 0x100000002 {
		t.Errorf("a stub is read as a %s to %q about %x", kind, peer, move)
	}
	notes, _ := hex.DecodeString("0161" + "0000000000000003" + "02" + "0162" + "0000000000000001" + "00")
	if got, err := ring.Refence(notes); err != nil || !bytes.Equal(got, notes) {
		t.Errorf("notes are read as %x, %v", got, err)
	}
}

func TestDamagedNotesAreErrors(t *testing.T) {
	for _, s := range []string{"\x01", "\x01a12345678", "\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x01a00000001\x03", "\x01 00000001\x00", "\x01a00000001\x00\x01a00000001\x00", "\x00"} {
		if _, err := ring.Refence([]byte(s)); !errors.Is(err, coatcheck.ErrCorrupt) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, raw := range ring.Envelopes(newRecord(), 3, "peer", time.Now()) {
		f.Add(raw.Meta, raw.Data, raw.Version, uint64(3))
	}
	f.Fuzz(func(t *testing.T, meta, data []byte, version, epoch uint64) {
		raw := &coatcheck.Record{Meta: meta, Data: data, Version: version}
		kind, rec, _, _ := ring.Meaning(raw, epoch)
		if (kind == "live" || kind == "copy") != (rec != nil) {
			t.Errorf("a %s with the record %v", kind, rec)
		}
		if rec != nil && len(rec.Data)+len(rec.Meta) > len(data)+len(meta) {
			t.Error("a record that is longer than what carries it")
		}
	})
}

func FuzzFences(f *testing.F) {
	f.Add([]byte("\x01a00000001\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := ring.Refence(b)
		if err != nil {
			return
		}
		if more, err := ring.Refence(again); err != nil || !bytes.Equal(more, again) {
			t.Errorf("%x is read and written as %x, and then %x, %v", b, again, more, err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("a  7")
	f.Add("b a\tc 00 1")
	f.Add(" ")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := ring.Recursor(s); err == nil && s != "" && got != s {
			t.Errorf("%q is read as %q", s, got)
		} else if err != nil && !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
