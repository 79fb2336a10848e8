package hashstore

import "os"

// A seat is an open's place among those that use the file.
type seat struct {
	held  bool
	slot  int
	word  uint64 // what stands in a lock word that its holder has
	share bool   // of those without a map
}

// identityOf returns what the file's identity must be.
func identityOf(f *os.File) (x identity, err error) {
	info, err := f.Stat()
	if err != nil {
		return x, err
	}
	x.dev, x.ino = fileNumbers(f, info)
	x.boot, err = bootID()
	return x, err
}
