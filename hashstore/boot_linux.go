package hashstore

import (
	"crypto/sha256"
	"os"
)

// bootID is another after each start of the machine.
func bootID() (id [16]byte, err error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id, err
	}
	sum := sha256.Sum256(b)
	copy(id[:], sum[:])
	return id, nil
}

func sameBoot(a, b [16]byte) bool { return a == b }
