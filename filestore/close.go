package filestore

import (
	"errors"
	"os"
)

// Close ends the use of the store: it waits for the calls under way, of which
// those that wait for a lock give up, and every method returns an error from
// then on. There is nothing to be saved: what was acknowledged is in its file.
// Closing it again has no effect.
func (s *Store) Close() error {
	s.ending.Do(func() { close(s.done) })
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.release()
}

// release closes the directories.
func (s *Store) release() error {
	var errs []error
	for i := range s.shards {
		if f := s.shards[i].folder.Load(); f != nil {
			errs = append(errs, (*f).close())
		}
	}
	for _, root := range []*os.Root{s.records, s.owners, s.root} {
		if root != nil {
			errs = append(errs, root.Close())
		}
	}
	return errors.Join(errs...)
}
