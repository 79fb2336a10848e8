//go:build faultpoint

package hashstore

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// fault is what the environment asks for: COATCHECK_FAULT="name:N" or
// "name:N:stop", COATCHECK_FAULT_COUNT and COATCHECK_INSIDE, paths of files.
var fault = sync.OnceValue(readFault)

type faultPlan struct {
	name   string
	at     uint64
	signal syscall.Signal
	counts map[string]*uint64 // in a file shared with whoever reads the counts
	inside *uint64
	hits   atomic.Uint64
}

// countRow is the length of one line "name count\n" in the file of counts,
// which is text: the count is ten digits, rewritten in place.
const countRow = 64

func readFault() *faultPlan {
	p := &faultPlan{signal: syscall.SIGKILL}
	if parts := strings.Split(os.Getenv("COATCHECK_FAULT"), ":"); len(parts) >= 2 {
		p.name = parts[0]
		p.at, _ = strconv.ParseUint(parts[1], 10, 64)
		if len(parts) > 2 && parts[2] == "stop" {
			p.signal = syscall.SIGSTOP
		}
	}
	if path := os.Getenv("COATCHECK_INSIDE"); path != "" {
		p.inside = (*uint64)(unsafe.Pointer(&shared(path, 8)[0]))
	}
	if path := os.Getenv("COATCHECK_FAULT_COUNT"); path != "" {
		counters.lines = shared(path, countRow*len(points))
		for i, name := range points {
			copy(counters.lines[i*countRow:], fmt.Sprintf("%-*s\n", countRow-1, name+" 0"))
		}
	}
	return p
}

// shared maps a file of that many bytes, which outlives the process.
func shared(path string, size int) []byte {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if err := f.Truncate(int64(size)); err != nil {
		panic(err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return m
}

var counters struct {
	sync.Mutex
	lines []byte
	n     [len(points)]uint64
}

// point dies, or stops, if this is the chosen moment.
func point(name string) {
	p := fault()
	if counters.lines != nil {
		count(name)
	}
	if name == p.name && p.hits.Add(1) == p.at {
		syscall.Kill(os.Getpid(), p.signal)
		if p.signal == syscall.SIGKILL {
			select {}
		}
	}
}

// count writes the line of a point anew.
func count(name string) {
	counters.Lock()
	defer counters.Unlock()
	for i, each := range points {
		if each == name {
			counters.n[i]++
			copy(counters.lines[i*countRow:], fmt.Sprintf("%s %d", name, counters.n[i]))
			return
		}
	}
	panic("hashstore: unknown fault point " + name)
}

// inside tells what class of operation the process is in until leave.
func inside(c class) (before class) {
	w := fault().inside
	if w == nil {
		return 0
	}
	return class(atomic.SwapUint64(w, uint64(c)))
}

// leave ends what inside began.
func leave(before class) {
	if w := fault().inside; w != nil {
		atomic.StoreUint64(w, uint64(before))
	}
}

// Points returns the names of all fault points. It is there for tests.
func Points() []string { return points[:] }
