package main

import (
	"context"
	"fmt"
	"os"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/hashstore"
)

// fileFigures are those of a hash file.
type fileFigures struct {
	Length int64        `json:"length"`
	OnDisk int64        `json:"on_disk"`
	Fill   *fillFigures `json:"fill,omitempty"`
}

// fillFigures are what the bytes of a hash file are for, and how full its index
// is.
type fillFigures struct {
	Live   int64 `json:"live"`
	Dead   int64 `json:"dead"`
	Free   int64 `json:"free"`
	Index  int64 `json:"index"`
	Slots  int64 `json:"slots"`
	Taken  int64 `json:"slots_taken"`
	Marked int64 `json:"slots_marked"`
}

// measure looks at the file at path.
func measure(path string) (*fileFigures, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &fileFigures{Length: info.Size(), OnDisk: onDisk(info)}, nil
}

// file measures the file of the job's store; nil if that is no hash file.
func (j *job) file(ctx context.Context) (*fileFigures, error) {
	store, ok := j.raw.(*hashstore.Store)
	path, local := localPath(j.url)
	if !ok || !local {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, j.timeout)
	defer cancel()
	fill, err := store.Fill(ctx)
	if err != nil {
		return nil, err
	}
	f, err := measure(path)
	if err == nil {
		f.Fill = &fillFigures{fill.Live, fill.Dead, fill.Free, fill.Index, fill.Slots, fill.Taken, fill.Marked}
	}
	return f, err
}

// rows are what people read of it.
func (f *fileFigures) rows() [][3]string {
	fill := f.Fill
	return [][3]string{
		{"File", show.Size(f.Length), show.Size(f.OnDisk) + " of it on the disk"},
		{"Live", show.Size(fill.Live), "of records"},
		{"Dead", show.Size(fill.Dead), percent(fill.Dead, fill.Live+fill.Dead) + " of the log, left by ended and changed sessions"},
		{"Free", show.Size(fill.Free), "for records to come"},
		{"Index", show.Size(fill.Index), fmt.Sprintf("%s of %s places taken, %s left by ended ones",
			percent(fill.Taken, fill.Slots), show.Count(fill.Slots), percent(fill.Marked, fill.Slots))},
	}
}

// percent is a part of a whole for people.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}
