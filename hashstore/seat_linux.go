package hashstore

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Locks of single bytes far behind the end of the file say who is alive: the
// kernel takes them from a process that dies, whatever its number is and in
// whatever container. They belong to an open file, so that two opens in one
// process do not share them.
const (
	seatBytes = 1 << 40
	shareByte = seatBytes + maxProcs // those without a map hold it together

	ofdGetlk = 36
	ofdSetlk = 37
)

func lockByte(f *os.File, cmd int, typ int16, at, n int64) (free bool, err error) {
	lk := syscall.Flock_t{Type: typ, Whence: 0, Start: at, Len: n}
	err = retry("fcntl", func(fd int) error { return syscall.FcntlFlock(uintptr(fd), cmd, &lk) }, f)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	if cmd == ofdGetlk {
		return lk.Type == syscall.F_UNLCK, err
	}
	return err == nil, err
}

// others reports whether somebody has the file open, and refuses one that is
// open in the other way.
func (x *seat) others(f *os.File, portable bool) (bool, error) {
	noMaps, err := lockByte(f, ofdGetlk, syscall.F_WRLCK, seatBytes, maxProcs)
	if err != nil {
		return false, err
	}
	noShares, err := lockByte(f, ofdGetlk, syscall.F_WRLCK, shareByte, 1)
	switch {
	case err != nil:
		return false, err
	case portable && !noMaps:
		return true, errors.New("others have mapped it: Options.Portable must be the same for all")
	case !portable && !noShares:
		return true, errors.New("others have opened it with Options.Portable, which must be the same for all")
	}
	return !noMaps || !noShares, nil
}

// take takes a seat. The file is locked.
func (x *seat) take(f *os.File, s *Store, portable bool) error {
	x.word, x.share = 1, portable
	if portable {
		_, err := lockByte(f, ofdSetlk, syscall.F_RDLCK, shareByte, 1)
		x.held = err == nil
		return err
	}
	for x.slot = 0; x.slot < maxProcs; x.slot++ {
		ok, err := lockByte(f, ofdSetlk, syscall.F_WRLCK, seatBytes+int64(x.slot), 1)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		x.held = true
		at := procsAt + int64(x.slot)*procSize
		life := (s.mem.load(at) + 1) & (1<<48 - 1)
		if mutant("seat.same-incarnation") {
			life = 1
		}
		s.mem.store(at, life)
		x.word = uint64(x.slot+1) | life<<16
		return nil
	}
	return fmt.Errorf("it is open %d times, which is as often as can be", maxProcs)
}

// leave gives the seat back.
func (x *seat) leave(f *os.File) {
	at := int64(shareByte)
	if !x.share {
		at = seatBytes + int64(x.slot)
	}
	_, _ = lockByte(f, ofdSetlk, syscall.F_UNLCK, at, 1)
	x.held = false
}

// dead reports whether the owner of a lock word is dead, which the kernel
// knows.
func (x *seat) dead(f *os.File, s *Store, owner uint64) bool {
	slot, life := int(owner&0xffff)-1, owner>>16
	switch {
	case owner == x.word:
		return false // another goroutine of ours
	case slot < 0 || slot >= maxProcs || slot == x.slot:
		return true // nobody, or one who had our seat before us
	case s.mem.load(procsAt+int64(slot)*procSize) != life:
		return true // somebody else has taken the seat since
	}
	free, err := lockByte(f, ofdGetlk, syscall.F_WRLCK, seatBytes+int64(slot), 1)
	return err == nil && free
}
