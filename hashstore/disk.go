package hashstore

// A disk is the file as the store changes it, apart from what it does through
// a map of it. Tests put a disk of their own in between, to let calls fail and
// to record them.
//
// What goes through the map instead is disposable when the machine stops, with
// one exception: bytes of the log that SyncRange or Sync then makes last.
// SyncRange is told them.
type disk interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)

	// WriteSync is WriteAt, and p is on the disk when it returns.
	WriteSync(p []byte, off int64) error

	// SyncRange brings the bytes p, which are in the file at off, to the disk.
	SyncRange(p []byte, off int64) error

	// Sync brings the whole file to the disk.
	Sync() error

	// SyncName makes the name of the file last, after it was made.
	SyncName() error

	// Allocate gives the range blocks, so that writing to it cannot fail for
	// want of space. The file grows where it must.
	Allocate(off, n int64) error

	// Punch takes the blocks away again. The range reads as zeros.
	Punch(off, n int64) error

	// Truncate cuts the file off.
	Truncate(size int64) error

	// Size returns the length of the file.
	Size() (int64, error)

	// Close closes the file.
	Close() error
}
