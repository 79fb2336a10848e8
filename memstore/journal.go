package memstore

import (
	"fmt"
	"io"
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
	return j.replace(j.next, nil)
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
		return err
	}
	appendEntry(j.entry[:0], j.next, id)
	at := j.offset(j.next)
	// After a failed write the next entry takes the same place.
	if _, err := j.file.WriteAt(j.entry[:], at); err != nil {
		return journalError(err)
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
		return journalError(err)
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
		return journalError(err)
	}
	j.file = f
	return nil
}

// forget drops the entries before position, by a new file in the place of the
// old one. If that fails, the old one goes on.
func (j *journal) forget(position uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kept []byte
	switch err := j.open(); {
	case err != nil && position != j.next:
		return err
	case err == nil && position == j.first:
		return nil
	case err == nil:
		kept = make([]byte, j.offset(j.next)-j.offset(position))
		if _, err := j.file.ReadAt(kept, j.offset(position)); err != nil {
			return journalError(err)
		}
	}
	return j.replace(position, kept)
}

// replace puts a new file in the place of the old one and opens it.
func (j *journal) replace(first uint64, entries []byte) error {
	j.close() // Windows exchanges no file that is open
	err := writeFile(j.disk, j.names, j.names.journal, func(w io.Writer) error {
		_, err := w.Write(append(appendJournalHead(nil, first), entries...))
		return err
	})
	// Whichever file is there now, it is whole.
	if oerr := j.open(); err == nil {
		return oerr
	}
	return journalError(err)
}

// close closes the file.
func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// remove closes the file and, if it is of no use any more, removes it.
func (j *journal) remove(useless bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.close()
	if !useless {
		return nil
	}
	if err := j.disk.Remove(j.names.journal); err != nil && !isMissing(err) {
		return journalError(err)
	}
	return nil
}

func journalError(err error) error { return fmt.Errorf("memstore: journal: %w", err) }
