//go:build unix

package keyfile

import (
	"os"
	"syscall"
)

// keepOwner gives a file the owner and group that info has.
func keepOwner(out *os.File, info os.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	own, err := out.Stat()
	if err != nil {
		return err
	}
	if now, ok := own.Sys().(*syscall.Stat_t); ok && now.Uid == st.Uid && now.Gid == st.Gid {
		return nil
	}
	return out.Chown(int(st.Uid), int(st.Gid))
}
