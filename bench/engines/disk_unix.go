//go:build unix

package main

import (
	"io/fs"
	"path/filepath"
	"syscall"
)

// diskBytes returns what the files below dir occupy: holes do not count.
func diskBytes(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			n += stat.Blocks * 512
		}
		return nil
	})
	return n, err
}
