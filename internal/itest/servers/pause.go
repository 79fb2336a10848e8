//go:build unix

package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Pause stops the server (SIGSTOP) as one that hangs, and waits until none of its
// threads runs any more: the signal alone leaves those a moment that are at work.
// [Server.Resume] lets it go on.
func (s *Server) Pause() error {
	pid := s.Pid()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("servers: pause: %w", err)
	}
	return await("pause", func() error {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			return err
		}
		for _, file := range threads { // none where there is no such folder
			stat, err := os.ReadFile(file)
			if err != nil {
				continue // the thread has ended
			}
			// "12 (name) T …", and the name may have anything in it.
			if _, rest, ok := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(" ")); !ok || rest[0] != 'T' {
				return errNotYet
			}
		}
		return nil
	})
}

// Resume lets a server go on that was paused.
func (s *Server) Resume() error {
	if err := syscall.Kill(s.Pid(), syscall.SIGCONT); err != nil {
		return fmt.Errorf("servers: resume: %w", err)
	}
	return nil
}
