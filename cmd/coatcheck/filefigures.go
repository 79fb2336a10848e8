package main

import (
	"os"
	"strings"
)

// fileFigures are those of a hash file.
type fileFigures struct {
	Length int64   `json:"length"`
	OnDisk int64   `json:"on_disk"`
	Used   float64 `json:"used,omitempty"` // part of what is on the disk that live records take
}

// measure looks at the file at path.
func measure(path string) (*fileFigures, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &fileFigures{Length: info.Size(), OnDisk: onDisk(info)}, nil
}

// fileFiguresOf measures the file of a store with so many bytes of records;
// nil if the store is no hash file.
func fileFiguresOf(url string, used int64) (*fileFigures, error) {
	path, local := localPath(url)
	if !local || !strings.HasPrefix(url, "hash:") {
		return nil, nil
	}
	f, err := measure(path)
	if err == nil && f.OnDisk > 0 {
		f.Used = min(1, float64(used)/float64(f.OnDisk))
	}
	return f, err
}
