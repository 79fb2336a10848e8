package hashstore_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A sector is what a disk writes in one go, or tears at a multiple of a word.
const (
	sector = 512
	word   = 8
)

// A recorder is a disk that tells apart what is certain to survive the end of
// the machine, and what the machine may or may not have written by then. It
// looks at the whole file around each call, so that it sees what went through a
// map as well. Nothing is synced for real.
type recorder struct {
	hashstore.Disk
	crash func(r *recorder, sync bool) // called whenever the power might fail; sync tells that it is around a sync

	mu      sync.Mutex
	now     []byte           // the file as processes see it
	durable []byte           // what is on the disk for certain
	pending map[int][][]byte // by sector: contents since, any of which may be on the disk
	buf     []byte
}

func newRecorder(inner hashstore.Disk, crash func(*recorder, bool)) *recorder {
	return &recorder{Disk: inner, crash: crash, pending: map[int][][]byte{}}
}

// look notes which sectors have changed since the last time.
func (r *recorder) look() {
	size, err := r.Disk.Size()
	if err != nil {
		panic(err)
	}
	clear(r.now[min(size, int64(len(r.now))):]) // what was cut off
	r.lookAt(0, int(size))
}

// lookAt is look for the sectors of a range.
func (r *recorder) lookAt(from, to int) {
	from = from / sector * sector
	if to > len(r.now) {
		r.now = append(r.now, make([]byte, to-len(r.now))...)
	}
	if to = min((to+sector-1)/sector*sector, len(r.now)); cap(r.buf) < to-from {
		r.buf = make([]byte, 2*(to-from))
	}
	buf := r.buf[:to-from]
	if n, err := r.Disk.ReadAt(buf, int64(from)); n < len(buf) {
		panic(err)
	}
	const stride = 8 * sector
	for at := 0; at < len(buf); at += stride {
		end := min(at+stride, len(buf))
		if bytes.Equal(buf[at:end], r.now[from+at:from+end]) {
			continue
		}
		for s := at; s < end; s += sector {
			r.note(from+s, buf[s:min(s+sector, end)])
		}
	}
}

// note keeps what a sector holds now, if that is new.
func (r *recorder) note(at int, b []byte) {
	if bytes.Equal(b, r.now[at:at+len(b)]) {
		return
	}
	contents := append(r.pending[at/sector], bytes.Clone(b))
	r.pending[at/sector] = contents[max(0, len(contents)-6):]
	copy(r.now[at:], b)
}

// call makes a call that changes the file. The power may fail before it, and
// after it. With n, it is a sync, and what is then in n bytes from off is
// certain.
func (r *recorder) call(change func() error, off, n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look()
	r.crash(r, n > 0)
	if err := change(); err != nil {
		return err
	}
	r.look()
	r.crash(r, n > 0)
	r.settle(int(off), int(off+n))
	return nil
}

// WriteAt is what a store without a map does most of all.
func (r *recorder) WriteAt(p []byte, off int64) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, err = r.Disk.WriteAt(p, off); err != nil {
		return n, err
	}
	r.lookAt(int(off), int(off)+n)
	r.crash(r, false)
	return n, nil
}

// settle makes a range certain.
func (r *recorder) settle(from, to int) {
	if from == to {
		return
	}
	to = min(to, len(r.now))
	if len(r.durable) < len(r.now) {
		r.durable = append(r.durable, make([]byte, len(r.now)-len(r.durable))...)
	}
	for s := range r.pending {
		if at := s * sector; at < to && at+sector > from {
			copy(r.durable[at:], r.now[at:min(at+sector, len(r.now))])
			delete(r.pending, s)
		}
	}
}

func (r *recorder) WriteSync(p []byte, off int64) error {
	return r.call(func() error { _, err := r.Disk.WriteAt(p, off); return err }, off, int64(len(p)))
}

func (r *recorder) SyncRange(p []byte, off int64) error {
	return r.call(func() error { return nil }, off, int64(len(p)))
}

func (r *recorder) Sync() error {
	return r.call(func() error { return nil }, 0, 1<<30) // more than any file here
}

func (r *recorder) Allocate(off, n int64) error {
	return r.call(func() error { return r.Disk.Allocate(off, n) }, 0, 0)
}

func (r *recorder) Punch(off, n int64) error {
	return r.call(func() error { return r.Disk.Punch(off, n) }, 0, 0)
}

func (r *recorder) Truncate(size int64) error {
	return r.call(func() error { return r.Disk.Truncate(size) }, 0, 0)
}

// A choice decides about a sector: how many of its contents since the last sync
// are on the disk, and after how many bytes the last of them was torn.
type choice func(s, contents int) (n, torn int)

// image builds what a disk might hold after the power failed.
func (r *recorder) image(choose choice) []byte {
	img := make([]byte, len(r.now))
	copy(img, r.durable)
	for s, contents := range r.pending {
		n, torn := choose(s, len(contents))
		if n == 0 {
			continue
		}
		at := s * sector
		if n > 1 && torn < sector {
			copy(img[at:], contents[n-2])
		}
		copy(img[at:], contents[n-1][:min(torn, len(contents[n-1]))])
	}
	return img
}

// everything and nothing are the two extremes: all writes up to now, in their
// order, and only those that were synced.
func everything(_, contents int) (int, int) { return contents, sector }
func nothing(int, int) (int, int)           { return 0, 0 }

// some is a random subset, a part of which is torn or older than the rest.
func some(rnd *rand.Rand) choice {
	share := rnd.IntN(100)
	return func(_, contents int) (int, int) {
		switch {
		case rnd.IntN(100) >= share:
			return 0, 0
		case rnd.IntN(8) == 0:
			return 1 + rnd.IntN(contents), word * (1 + rnd.IntN(sector/word))
		case rnd.IntN(4) == 0:
			return 1 + rnd.IntN(contents), sector
		}
		return contents, sector
	}
}

// subsets calls fn with every subset of the pending sectors, in their last
// contents.
func (r *recorder) subsets(fn func(choice)) {
	index := map[int]int{}
	for s := range r.pending {
		index[s] = len(index)
	}
	for set := range 1 << len(index) {
		fn(func(s, contents int) (int, int) {
			if set>>index[s]&1 == 0 {
				return 0, 0
			}
			return contents, sector
		})
	}
}

// writeImage writes an image to a file, zeros as holes.
func writeImage(path string, img []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(int64(len(img))); err != nil {
		return err
	}
	const page = 4096
	zero := make([]byte, page)
	for at := 0; at < len(img); at += page {
		p := img[at:min(at+page, len(img))]
		if !bytes.Equal(p, zero[:len(p)]) {
			if _, err := f.WriteAt(p, int64(at)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unsynced is a disk that never syncs, which would take long and prove nothing.
type unsynced struct{ hashstore.Disk }

func (u unsynced) WriteSync(p []byte, off int64) error {
	_, err := u.Disk.WriteAt(p, off)
	return err
}
func (unsynced) SyncRange([]byte, int64) error { return nil }
func (unsynced) Sync() error                   { return nil }
