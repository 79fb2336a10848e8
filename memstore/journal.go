package memstore

import (
	"fmt"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// fullJournal is the number of bytes after which a journal asks for a snapshot
// before its time, and again after as many.
const fullJournal = 16 << 20

// A journal notes which sessions were ended since the last snapshot, each
// before it ends, so that a crash does not bring them back. Positions go on
// counting from journal to journal; a snapshot remembers the one at which it
// was begun.
type journal struct {
	disk  disk
	names names
	full  chan struct{} // gets a value when the journal has grown long

	mu    sync.Mutex
	file  file   // nil when it could not be opened
	first uint64 // position of the first entry in file
	next  uint64 // position of the next one
	entry [entrySize]byte
}

// resume opens the journal where it ended, or begins one. It runs before
// anybody else uses the journal.
func (j *journal) resume(p past) error {
	j.next = p.next()
	if p.noted && p.first+uint64(len(p.ended)) == j.next {
		return j.open()
	}
	return j.forget(j.next)
}

// note writes down that a session ends. It runs under the lock of the shard
// that holds the session, before the session is removed there: so a snapshot
// that is begun after the note lacks the session, and to one that was begun
// before, the note applies. A nil journal notes nothing.
func (j *journal) note(id coatcheck.ID) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.open(); err != nil {
		return fmt.Errorf("memstore: journal: %w", err)
	}
	appendEntry(j.entry[:0], j.next, id)
	at := j.offset(j.next)
	// After a failed write the next entry takes the same place.
	if _, err := j.file.WriteAt(j.entry[:], at); err != nil {
		return fmt.Errorf("memstore: journal: %w", err)
	}
	j.next++
	if at/fullJournal != (at+entrySize)/fullJournal {
		select {
		case j.full <- struct{}{}:
		default:
		}
	}
	return nil
}

// position returns where the next entry goes.
func (j *journal) position() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next
}

// offset returns where in the file the entry of a position is.
func (j *journal) offset(position uint64) int64 {
	return journalHead + int64(position-j.first)*entrySize
}

// open opens the file that is there, if it is not open.
func (j *journal) open() error {
	if j.file != nil {
		return nil
	}
	f, err := j.disk.Open(j.names.journal)
	if err != nil {
		return err
	}
	var b [journalHead]byte
	if _, err = f.ReadAt(b[:], 0); err == nil {
		j.first, err = decodeJournalHead(b[:])
	}
	if err == nil && j.first > j.next {
		err = damage("it begins at position %d, behind %d", j.first, j.next)
	}
	if err != nil {
		f.Close()
		return err
	}
	j.file = f
	return nil
}

// forget drops the entries before position, by a new file in the place of the
// old one. If that fails, the old one goes on. Only one goroutine at a time may
// call it. What takes long, to synchronise, is done without the lock, since
// those who want to note something hold up others.
func (j *journal) forget(position uint64) error {
	if j.begins(position) {
		return nil
	}
	j.disk.Remove(j.names.temp)
	f, err := j.disk.Create(j.names.temp)
	if err != nil {
		return err
	}
	at, err := j.draft(f, position)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = j.adopt(f, position, at)
	} else {
		f.Close()
	}
	if err != nil {
		j.disk.Remove(j.names.temp)
		return err
	}
	return j.disk.SyncDir(j.names.dir)
}

// begins reports whether the file begins at position already.
func (j *journal) begins(position uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file != nil && j.first == position
}

// draft writes a new file, with the entries from position on that there are by
// now, and returns the position behind them.
func (j *journal) draft(f file, position uint64) (next uint64, err error) {
	if _, err := f.Write(appendJournalHead(nil, position)); err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next, j.copy(f, position, position)
}

// adopt adds the entries from at on to a draft, and puts it in the place of the
// old file.
func (j *journal) adopt(f file, position, at uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.copy(f, position, at)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	j.close() // Windows exchanges no file that is open
	err = j.disk.Rename(j.names.temp, j.names.journal)
	// Whichever file is there now, it is whole.
	if oerr := j.open(); err == nil {
		err = oerr
	}
	return err
}

// copy writes the entries from at on to their places in a file that begins at
// position.
func (j *journal) copy(to file, position, at uint64) error {
	if at == j.next {
		return nil
	}
	if err := j.open(); err != nil {
		return err
	}
	entries := make([]byte, (j.next-at)*entrySize)
	if _, err := j.file.ReadAt(entries, j.offset(at)); err != nil {
		return err
	}
	_, err := to.WriteAt(entries, journalHead+int64(at-position)*entrySize)
	return err
}

// close closes the file.
func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// end closes the file and, if it is of no use any more, removes it.
func (j *journal) end(useless bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.close()
	if !useless {
		return nil
	}
	if err := j.disk.Remove(j.names.journal); !isMissing(err) {
		return err
	}
	return nil
}
