//go:build !unix

package memstore

import "io/fs"

// noFollow has no counterpart here; openOwn looks before it opens.
const noFollow = 0

// checkOwn accepts every file: access is a matter of the directory's list.
func checkOwn(string, fs.FileInfo) error { return nil }

// checkShared accepts every directory.
func checkShared(string, fs.FileInfo) error { return nil }

// syncDir does nothing: a directory cannot be synchronised.
func syncDir(string) error { return nil }
