package hashstore

import (
	"encoding/binary"
	"syscall"
	"time"
)

var getTickCount64 = syscall.NewLazyDLL("kernel32.dll").NewProc("GetTickCount64")

// bootID is the time at which the machine started, in seconds.
func bootID() (id [16]byte, err error) {
	ms, _, _ := getTickCount64.Call()
	binary.LittleEndian.PutUint64(id[:], uint64(time.Now().Unix()-int64(ms/1000)))
	return id, nil
}

// sameBoot allows for the clock's being set by a few seconds: machines take
// longer to start.
func sameBoot(a, b [16]byte) bool {
	d := int64(binary.LittleEndian.Uint64(a[:]) - binary.LittleEndian.Uint64(b[:]))
	return -5 <= d && d <= 5
}
