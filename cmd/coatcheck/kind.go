package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// beginnings are what files of stores begin with, by scheme.
var beginnings = map[string][]byte{
	"hash":   []byte("coatcheck hash\r\n"),
	"sqlite": []byte("SQLite format 3\x00"),
	"ring":   []byte("{"),
}

// schemeAt returns the scheme of what is at path, as it seems; "" if it seems to be
// none. It opens regular files only: a pipe would wait for its other end.
func schemeAt(path string) (scheme string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return "file"
	case !info.Mode().IsRegular():
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, 16)) // a shorter file is none of them
	for scheme, beginning := range beginnings {
		if bytes.HasPrefix(head, beginning) {
			return scheme
		}
	}
	return ""
}

// meant is what a path may have been meant to be, as a question behind an error:
// the URL of a store of that kind, unless it was named as one. "" if nobody
// knows.
func meant(path, as string) string {
	switch kind := schemeAt(path); {
	case kind != "" && kind != as:
		return fmt.Sprintf("; is it %s:%s?", kind, path)
	case kind == "" && as == "" && isFile(path):
		return fmt.Sprintf("; is it hash:%s, or sqlite:%s?", path, path)
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
