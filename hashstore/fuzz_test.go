package hashstore_test

import (
	"encoding/binary"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// edits changes bytes of a specimen: each eight bytes of the input are a place
// and what is put there.
func (x *specimen) edits(t *testing.T, in []byte) {
	for ; len(in) >= 8; in = in[8:] {
		at := int(binary.LittleEndian.Uint32(in)) % len(x.bytes)
		x.put(t, at, in[4:8])
	}
}

// Whatever is in a file, opening it and using it does not panic, hang, or show
// what was never stored.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{0, 32, 0, 0, 255, 255, 255, 255})
	f.Add([]byte{0x90, 0x20, 0, 0, 1, 2, 3, 4, 0, 0x40, 0, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		x := newSpecimen(t)
		x.edits(t, in)
		if s := x.open(t); s != nil {
			x.harmless(t, s, "fuzz")
			x.change(t, s, "fuzz")
			_ = s.Close()
		}
	})
}

// Check and Repair look at anything, and after Repair Check is content.
func FuzzRepair(f *testing.F) {
	f.Add([]byte{0, 32, 0, 0, 255, 255, 255, 255})
	f.Add([]byte{0x40, 0x40, 0x14, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		x := newSpecimen(t)
		x.edits(t, in)
		if _, err := hashstore.Check(x.path); err != nil {
			return // no store any more
		}
		if _, err := hashstore.Repair(x.path); err != nil {
			return
		}
		if r, err := hashstore.Check(x.path); err != nil || len(r.Faults) > 0 {
			t.Errorf("after Repair: %v %v", err, r)
		}
	})
}

// A file without its front is rebuilt from whatever is left.
func FuzzRecover(f *testing.F) {
	f.Add([]byte{0x40, 0x40, 0x10, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		x := newSpecimen(t)
		x.put(t, 8192, make([]byte, hashstore.FrontBytes-8192))
		x.edits(t, in)
		if s := x.open(t); s != nil {
			_ = s.Close()
		}
	})
}
