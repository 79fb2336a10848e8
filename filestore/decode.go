package filestore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A head is what stands at the beginning of a record's file.
type head struct {
	version                              uint64
	created, authTime, deadline, expires int64
	owner, meta, data                    int // lengths
	bodySum                              uint32
	later                                int  // offset of the slot that counts
	torn                                 bool // a slot does not pass its check
}

// live reports whether the record may be served at now.
func (h *head) live(now time.Time) bool {
	return now.Before(fromMillis(h.expires)) && now.Before(fromMillis(h.deadline))
}

// size is the length of the file.
func (h *head) size() int { return headSize + h.owner + h.meta + h.data }

// spare is the offset of the slot that a touch may overwrite.
func (h *head) spare() int64 { return int64(slotA + slotB - h.later) }

// damage is the error about a file whose content is wrong.
func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", coatcheck.ErrCorrupt, fmt.Sprintf(format, args...))
}

// errSlots means that neither slot passes its check.
var errSlots = damage("its deadline is damaged")

// decodeHead reads the head at the beginning of b, which may end anywhere
// behind it.
func decodeHead(b []byte, id coatcheck.ID) (h head, err error) {
	switch {
	case len(b) < headSize:
		return h, damage("the file ends after %d bytes", len(b))
	case string(b[:len(magic)]) != magic:
		return h, damage("it is no record")
	case b[len(magic)] != formatVersion:
		return h, damage("it is of format %d, and this program reads %d", b[len(magic)], formatVersion)
	case binary.BigEndian.Uint32(b[headSumAt:]) != checksum(b[bodySumAt:headSize]):
		return h, damage("its head is damaged")
	case coatcheck.ID(b[idAt:headSize]) != id:
		return h, damage("it is the record of another session")
	}
	get := binary.BigEndian
	h = head{
		version:  get.Uint64(b[versionAt:]),
		created:  int64(get.Uint64(b[createdAt:])),
		authTime: int64(get.Uint64(b[authTimeAt:])),
		deadline: int64(get.Uint64(b[deadlineAt:])),
		bodySum:  get.Uint32(b[bodySumAt:]),
	}
	owner, meta, data := get.Uint32(b[ownerLengthAt:]), get.Uint32(b[metaLengthAt:]), get.Uint32(b[dataLengthAt:])
	if owner > maxOwner || meta > coatcheck.MaxMeta || data > maxData {
		return h, damage("it claims %d bytes of owner, %d of meta and %d of data", owner, meta, data)
	}
	h.owner, h.meta, h.data = int(owner), int(meta), int(data)
	return h, h.readSlots(b)
}

// readSlots finds out when the record expires. It computes what putSlot writes,
// from the ID in the file, which is the right one.
func (h *head) readSlots(b []byte) error {
	ofID := checksum(b[idAt:headSize])
	for _, at := range [...]int{slotA, slotB} {
		slot := b[at : at+slotSize]
		expires := int64(binary.BigEndian.Uint64(slot))
		sum := uint64(crc32.Update(ofID, castagnoli, slot[:8])) << 32 // with the zeros behind it
		switch {
		case binary.BigEndian.Uint64(slot[8:]) != sum:
			h.torn = true
		case h.later == 0 || expires > h.expires:
			h.expires, h.later = expires, at
		}
	}
	if h.later == 0 {
		return errSlots
	}
	h.expires = min(h.expires, h.deadline)
	return nil
}

// record reads the whole file that has this head. The record's slices are parts
// of b.
func (h *head) record(b []byte, id coatcheck.ID) (*coatcheck.Record, error) {
	switch {
	case len(b) != h.size():
		return nil, damage("the file has %d bytes instead of %d", len(b), h.size())
	case checksum(b[headSize:]) != h.bodySum:
		return nil, damage("its body is damaged")
	}
	body := b[headSize:]
	return &coatcheck.Record{
		ID:       id,
		Owner:    string(body[:h.owner]),
		Meta:     part(body, h.owner, h.meta),
		Data:     part(body, h.owner+h.meta, h.data),
		Created:  fromMillis(h.created),
		AuthTime: fromMillis(h.authTime),
		Deadline: fromMillis(h.deadline),
		Expires:  fromMillis(h.expires),
		Version:  h.version,
	}, nil
}

// part returns n bytes of b, to which nobody can append, and nil for none.
func part(b []byte, from, n int) []byte {
	if n == 0 {
		return nil
	}
	return b[from : from+n : from+n]
}
