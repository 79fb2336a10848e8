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
