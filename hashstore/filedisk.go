package hashstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A fileDisk is the disk behind a real file.
type fileDisk struct {
	f    *os.File
	sync func(p []byte, off int64) error // brings a mapped range to the disk; nil: all of the file
}

func (d *fileDisk) ReadAt(p []byte, off int64) (int, error)  { return d.f.ReadAt(p, off) }
func (d *fileDisk) WriteAt(p []byte, off int64) (int, error) { return d.f.WriteAt(p, off) }
func (d *fileDisk) Close() error                             { return d.f.Close() }
func (d *fileDisk) Truncate(size int64) error                { return d.f.Truncate(size) }
func (d *fileDisk) Sync() error                              { return syncFile(d.f) }
func (d *fileDisk) SyncName() error                          { return syncDir(filepath.Dir(d.f.Name())) }
func (d *fileDisk) WriteSync(p []byte, off int64) error      { return writeSync(d.f, p, off) }
func (d *fileDisk) Allocate(off, n int64) error              { return allocate(d.f, off, n) }
func (d *fileDisk) Punch(off, n int64) error                 { return punch(d.f, off, n) }

func (d *fileDisk) SyncRange(p []byte, off int64) error {
	if d.sync != nil {
		return d.sync(p, off)
	}
	return syncFile(d.f)
}

func (d *fileDisk) Size() (int64, error) {
	info, err := d.f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// plainWriteSync is writeSync where the system has no better way.
func plainWriteSync(f *os.File, p []byte, off int64) error {
	if _, err := f.WriteAt(p, off); err != nil {
		return err
	}
	return syncFile(f)
}

// plainAllocate is allocate where the system has no better way: it writes
// zeros behind the end of the file. What is there already has blocks, unless
// somebody punched holes, and then a write may fail later, as any may.
func plainAllocate(f *os.File, off, n int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	from := max(off, info.Size())
	none := make([]byte, 1<<16)
	for from < off+n {
		k := min(off+n-from, int64(len(none)))
		if _, err := f.WriteAt(none[:k], from); err != nil {
			return errors.Join(err, f.Truncate(max(info.Size(), 0)))
		}
		from += k
	}
	return nil
}

// isMissing reports whether err says that there is no file.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
