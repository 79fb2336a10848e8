package hashstore

import (
	"encoding/binary"
)

// An identity says which file, since which start of the machine, the control
// page, the index and the table of segments belong to, and whether the file was
// closed properly. If it is another, they are rebuilt from the records.
//
//	 0  8  "identity"
//	 8 16  the start of the machine
//	24  8  device
//	32  8  inode
//	40  8  flagClean, flagLossy
//	48  4  CRC-32C of the bytes before
type identity struct {
	boot     [16]byte
	dev, ino uint64
	flags    uint64
}

const (
	identityMagic = "identity"
	identityUsed  = 52
)

func (x *identity) encode() []byte {
	b := make([]byte, identityUsed)
	copy(b, identityMagic)
	copy(b[8:], x.boot[:])
	binary.LittleEndian.PutUint64(b[24:], x.dev)
	binary.LittleEndian.PutUint64(b[32:], x.ino)
	binary.LittleEndian.PutUint64(b[40:], x.flags)
	binary.LittleEndian.PutUint32(b[48:], checksum(b[:48]))
	return b
}

func decodeIdentity(b []byte) (x identity, ok bool) {
	if string(b[:8]) != identityMagic || binary.LittleEndian.Uint32(b[48:]) != checksum(b[:48]) {
		return x, false
	}
	copy(x.boot[:], b[8:])
	x.dev = binary.LittleEndian.Uint64(b[24:])
	x.ino = binary.LittleEndian.Uint64(b[32:])
	x.flags = binary.LittleEndian.Uint64(b[40:])
	return x, true
}

// same reports whether x is of the same file and the same start of the
// machine.
func (x *identity) same(y *identity) bool {
	return sameBoot(x.boot, y.boot) && x.dev == y.dev && x.ino == y.ino
}

// identify writes the file's identity, with what is to be known when the
// machine has stopped.
func (s *Store) identify(flags uint64) error {
	point("attach.identity")
	s.self.flags = flags
	return s.toDisk(s.self.encode(), identityAt)
}

// dirty notes before the first change that the file is in use, and whether
// changes may be lost. It refuses the change if the disk has failed. The lock is
// held.
func (s *Store) dirty() error {
	if err := s.intact(); err != nil {
		return err
	}
	flags := s.mem.load(ctlFlags)
	want := flags &^ flagClean
	if s.opts.Durability.mode == modeNone {
		want |= flagLossy
	}
	if flags == want {
		return nil
	}
	if err := s.identify(want & flagLossy); err != nil {
		return err
	}
	s.mem.store(ctlFlags, want)
	return nil
}
