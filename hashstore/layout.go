package hashstore

// The parts of the file, in bytes from its beginning. docs/HASHSTORE.md
// describes them, and a test reads a file by what it says there.
const (
	headerSize   = 4096              // the fixed header, and then its copy
	controlAt    = 2 * headerSize    // words that all processes share
	procsAt      = controlAt + 4096  // the processes
	tableAt      = procsAt + 4096    // what is in each segment
	entrySize    = 32                // of that table
	maxSegments  = 1 << 15           // entries of that table
	dataAt       = tableAt + 1<<20   // the first segment
	procSize     = 16                // bytes for each process
	maxProcs     = 256               // processes, to be exact opens, at one time
	segmentHead  = 64                // bytes at the beginning of a segment
	largeSegment = 1 << 20           // what a segment has,
	smallSegment = 1 << 18           // and in a file that is to be small
	maxFile      = dataAt + 32<<30   // bytes that can be mapped
	pageSize     = 4096              // by which blocks are allocated
	maxRecord    = 16 << 20          // bytes of one record, its head included
	maxRecords   = 1 << 27           // far more than fit
	never        = uint64(1)<<48 - 1 // the latest time that a slot can hold
)

// Words of the control page, in bytes from its beginning.
const (
	ctlLock     = controlAt + 0   // who holds the lock
	ctlWriter   = controlAt + 64  // who holds the writers' lock
	ctlSeq      = controlAt + 128 // the number of the last record
	ctlTail     = controlAt + 136 // where the next record goes; 0: a new segment
	ctlTable    = controlAt + 144 // where the index is
	ctlEdition  = controlAt + 152 // counts its moves; odd while one is under way
	ctlRecords  = controlAt + 160 // records in the index
	ctlGuests   = controlAt + 168 // those that may be evicted
	ctlOwned    = controlAt + 176 // those with an owner
	ctlUsed     = controlAt + 184 // slots that are not empty
	ctlSegments = controlAt + 192 // segments that the file has
	ctlPending  = controlAt + 200 // what is being written and not in the index yet
	ctlFlags    = controlAt + 208 // see flagClean and so on
	ctlLive     = controlAt + 216 // bytes of live records
	ctlSoonest  = controlAt + 240 // nothing expires before, in ms
	ctlVictim   = controlAt + 248 // the segment that is being compacted, counted from 1
	ctlVictimAt = controlAt + 264 // how far that has come
	ctlAppended = controlAt + 272 // the last entry that was written
	ctlSwept    = controlAt + 256 // when somebody last took the upkeep, in ms
	identityAt  = controlAt + 512 // see identity
)

// Bits of ctlFlags.
const (
	flagClean  = 1 // nothing has changed since the file was closed properly
	flagLossy  = 2 // something was written that no disk has promised to keep
	flagSick   = 4 // the index must be repaired
	flagFailed = 8 // a sync has failed
)

// States of a segment.
const (
	segHole    = 0 // free, without blocks
	segFree    = 1 // free, with blocks
	segLog     = 2 // records
	segGiant   = 3 // the first segment of one large record
	segPart    = 4 // a further one of the same, or of an index
	segIndex   = 5 // the first segment of an index
	segEmptied = 6 // records, all dead, that the disk may still need
)

// Words of an entry in the table of segments.
const (
	entState  = 0  // state; bytes in use by eight in 24 bits, 0 if unknown; generation in the upper half
	entLive   = 8  // bytes of live records
	entBorn   = 16 // value of ctlSeq when the segment began
	entSynced = 24 // bytes from its beginning that are on the disk; upper half: bytes of tombstones
)

// Words of a slot of the index.
const (
	slotSize     = 64
	slotRef      = 0  // where the record is; see ref
	slotExpiry   = 8  // time and tag; see expiry
	slotID       = 16 // 32 bytes
	slotDeadline = 48 // time and flags
	slotChain    = 56 // next and previous of the same owner; slot + 1
)

// Flags in slotDeadline.
const (
	slotGuest = 1
	slotOwned = 2
)

const (
	minTableBits = 11
	maxTableBits = 24
	maxProbe     = 512 // slots that a search looks at, and that follow the last home
)
