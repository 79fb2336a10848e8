//go:build unix

package main

import (
	"os"
	"syscall"
)

// blockSize is the unit in which systems count what a file takes.
const blockSize = 512

// onDisk returns how many bytes of the disk a file takes: holes take none.
func onDisk(info os.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(st.Blocks) * blockSize
	}
	return info.Size()
}

// ownerOf returns the number of the user who owns a file.
func ownerOf(info os.FileInfo) (uid int, known bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}
