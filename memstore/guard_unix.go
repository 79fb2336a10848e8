//go:build unix

package memstore

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
func checkOwn(name string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return refusal(name, "does not tell its owner")
	case int(st.Uid) != os.Geteuid():
		return refusal(name, fmt.Sprintf("belongs to user %d, not to ours, %d", st.Uid, os.Geteuid()))
	case info.Mode().Perm()&0o077 != 0:
		return refusal(name, fmt.Sprintf("has mode %v; others must have no access: chmod 600", info.Mode().Perm()))
	case st.Nlink != 1:
		return refusal(name, "has another name elsewhere (a hard link)")
	}
	return nil
}

// checkShared returns an error if others than our user and root can exchange
// files in the directory.
func checkShared(name string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return refusal(name, "does not tell its owner")
	case int(st.Uid) != os.Geteuid() && st.Uid != 0:
		return refusal(name, fmt.Sprintf("belongs to user %d, who could exchange the snapshot", st.Uid))
	case info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0:
		return refusal(name, fmt.Sprintf("has mode %v; others could exchange the snapshot: chmod go-w", info.Mode().Perm()))
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
