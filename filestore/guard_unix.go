//go:build unix

package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openFlags make opening a symbolic link an error, and keep opening a pipe from
// waiting for its other end.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// checkFile returns an error if the file may be another user's doing.
func checkFile(info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return refusal("does not tell its owner")
	}
	return checkStat(st)
}

// checkStat is checkFile for what fstat says. A file that another has just
// replaced has no name at all.
func checkStat(st *syscall.Stat_t) error {
	switch {
	case st.Mode&syscall.S_IFMT != syscall.S_IFREG:
		return refusal("is no regular file")
	case st.Nlink > 1:
		return refusal("has another name elsewhere (a hard link)")
	case int(st.Uid) != os.Geteuid():
		return refusal(fmt.Sprintf("belongs to user %d, and this program runs as user %d: chown %d", st.Uid, os.Geteuid(), os.Geteuid()))
	case st.Mode&0o7777 != 0o600:
		return refusal(fmt.Sprintf("has mode %03o: chmod 600", st.Mode&0o7777))
	}
	return nil
}

// whyUnsafe says what is wrong with a directory into which others can put
// files, "" if nothing is.
func whyUnsafe(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "does not tell its owner"
	case int(st.Uid) != os.Geteuid():
		return fmt.Sprintf("belongs to user %d, and this program runs as user %d: use a directory of its own", st.Uid, os.Geteuid())
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Sprintf("has mode %03o, so others can write into it: chmod 700", info.Mode().Perm())
	}
	return ""
}

// identity tells a directory from a copy of it.
func identity(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// syncDir makes what happened to the names in a directory last.
func syncDir(d *os.File) error {
	// Some file systems have nothing to synchronise and say so.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func isTooBig(err error) bool { return errors.Is(err, syscall.EFBIG) }

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
