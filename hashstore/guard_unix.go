//go:build unix

package hashstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// noFollow makes opening a symbolic link an error, and keeps opening a pipe
// from waiting for its other end.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// checkOwn returns an error if the file may be another user's doing.
func checkOwn(info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return errors.New("it does not tell its owner")
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("it belongs to user %d, and this program runs as user %d", st.Uid, os.Geteuid())
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("it has mode %v; others must have no access: chmod 600", info.Mode().Perm())
	}
	return nil
}

// syncDir makes what happened to the names in a directory last.
func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems have nothing to synchronise and say so.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// fileNumbers tells a file from every other of this machine.
func fileNumbers(_ *os.File, info fs.FileInfo) (dev, ino uint64) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Dev), uint64(st.Ino)
	}
	return 0, 0
}
