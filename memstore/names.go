package memstore

import "path/filepath"

// names are those of the files that a store has on disk.
type names struct {
	dir      string
	snapshot string // the path that the user gave
	journal  string // what ended since the snapshot
	lock     string // is empty and stays there
	temp     string // is there while a snapshot or a journal is written
}

func namesOf(path string) names {
	return names{filepath.Dir(path), path, path + ".journal", path + ".lock", path + ".tmp"}
}
