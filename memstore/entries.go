package memstore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/coatcheck/coatcheck"
)

// The format of a journal, version 1. Numbers are big-endian, checksums are
// CRC-32C.
//
// First the head:
//
//	 0  8  "ccmemjnl"
//	 8  4  format version, 1
//	12  4  zero
//	16  8  position of the first entry
//	24  4  checksum of the 24 bytes before
//
// Then entries, at ascending positions:
//
//	 0 32  ID of a session that ended
//	32  4  checksum of the position in eight bytes, and of the ID
const (
	journalMagic   = "ccmemjnl"
	journalVersion = 1
	journalHead    = 28
	entrySize      = 36
)

func appendJournalHead(b []byte, first uint64) []byte {
	start := len(b)
	b = append(b, journalMagic...)
	b = binary.BigEndian.AppendUint32(b, journalVersion)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint64(b, first)
	return binary.BigEndian.AppendUint32(b, checksum(b[start:]))
}

func decodeJournalHead(b []byte) (first uint64, err error) {
	if err := checkMagic(b, journalMagic, journalVersion); err != nil {
		return 0, err
	}
	if binary.BigEndian.Uint32(b[24:]) != checksum(b[:24]) {
		return 0, damage("the checksum of its head is wrong")
	}
	return binary.BigEndian.Uint64(b[16:]), nil
}

func appendEntry(b []byte, position uint64, id coatcheck.ID) []byte {
	b = append(b, id[:]...)
	return binary.BigEndian.AppendUint32(b, entrySum(position, id))
}

func entrySum(position uint64, id coatcheck.ID) uint32 {
	var b [8 + len(id)]byte
	binary.BigEndian.PutUint64(b[:], position)
	copy(b[8:], id[:])
	return checksum(b[:])
}

// decodeJournal reads a journal. A crash may have torn its last entry, whose
// session then was not ended yet; such a tail is ignored. A wrong entry before
// a right one is damage.
func decodeJournal(r io.Reader) (first uint64, ids []coatcheck.ID, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var front [journalHead]byte
	if _, err := io.ReadFull(in, front[:]); isShort(err) {
		return 0, nil, damage("it has fewer than %d bytes", journalHead)
	} else if err != nil {
		return 0, nil, err
	}
	if first, err = decodeJournalHead(front[:]); err != nil {
		return 0, nil, err
	}
	wrong := false
	for position := first; ; position++ {
		var b [entrySize]byte
		if _, err := io.ReadFull(in, b[:]); isShort(err) {
			return first, ids, nil
		} else if err != nil {
			return 0, nil, err
		}
		id := coatcheck.ID(b[:32])
		right := binary.BigEndian.Uint32(b[32:]) == entrySum(position, id)
		switch {
		case right && wrong:
			return 0, nil, damage("entry %d is wrong, but a later one is right", uint64(len(ids))+1)
		case right:
			ids = append(ids, id)
		default:
			wrong = true
		}
	}
}

func isShort(err error) bool { return err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) }
