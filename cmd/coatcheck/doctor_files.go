package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// files looks at the files of a store, and at the folder that they are in.
func (d *diagnosis) files(scheme, path string) {
	names, about := []string{path}, "files"
	switch scheme {
	case "ring":
		about = "config" // it says only where the sessions are
	case "sqlite":
		names = append(names, path+"-wal", path+"-shm")
	case "sealed":
		names = append(names, path+".ended")
	}
	before := len(d.found)
	for _, name := range names {
		if _, err := os.Stat(name); err == nil {
			d.rights(about, name)
		}
	}
	d.folder(filepath.Dir(path))
	if len(d.found) == before {
		d.add(fine, "files", "nobody but their owner gets at them")
	}
}

// rights looks at who may read and write a file. All but configurations hold
// secrets.
func (d *diagnosis) rights(about, name string) {
	info, err := os.Stat(name)
	if err != nil {
		d.add(problem, about, "%s", err)
		return
	}
	if runtime.GOOS == "windows" {
		return // its rights are no bits
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		d.add(problem, about, "%s can be changed by others than its owner (%v): chmod go-rwx", name, mode)
	case mode&0o004 != 0 && about != "config":
		d.add(warning, about, "%s can be read by everybody on this machine (%v): chmod o-rwx", name, mode)
	case mode&0o040 != 0 && about != "config":
		d.add(note, about, "%s can be read by its group (%v)", name, mode)
	}
	if uid, known := ownerOf(info); known && os.Geteuid() != 0 && uid != os.Geteuid() {
		d.add(warning, about, "%s belongs to the user %d, and you are %d: programs of both need rights", name, uid, os.Geteuid())
	}
}

// folder looks at who may put other files into the place of the store's.
func (d *diagnosis) folder(dir string) {
	info, err := os.Stat(dir)
	if err != nil || runtime.GOOS == "windows" {
		return // the store says it better
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		d.add(problem, "files", "everybody may delete and replace what is in %s (%v): chmod o-w", dir, info.Mode().Perm())
	}
}
