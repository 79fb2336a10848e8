//go:build darwin || freebsd

package hashstore

import (
	"errors"
	"os"
	"syscall"
)

const mntLocal = 0x1000 // MNT_LOCAL

// checkPlace refuses network file systems.
func checkPlace(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var st syscall.Statfs_t
	var got error
	err = raw.Control(func(fd uintptr) { got = syscall.Fstatfs(int(fd), &st) })
	if err == nil && got == nil && uint64(st.Flags)&mntLocal == 0 {
		return errors.New("it is on a network file system; put it on a local disk")
	}
	return err
}

func copiesOnWrite(*os.File) bool { return false }
