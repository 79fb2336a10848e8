//go:build linux

package crash

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A Disk is a file system in a file, whose power can be cut.
type Disk struct {
	Dir   string // where it is mounted
	kind  string
	loop  *os.File
	files int // number of the store that works on it now
}

// diskSize is the size of a file system: the least that XFS takes. The file has
// holes where nothing was written.
const diskSize = 320 << 20

// NewDisk makes a file system of a kind, "ext4" or "xfs", in a file in dir. It
// needs the rights of root, and a mount namespace that may be thrown away.
func NewDisk(dir, kind string) (*Disk, error) {
	image := filepath.Join(dir, kind+".img")
	f, err := os.OpenFile(image, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(diskSize); err != nil {
		return nil, err
	}
	args := map[string][]string{
		"ext4": {"mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"},
		"xfs":  {"mkfs.xfs", "-q", "-f"},
	}[kind]
	if out, err := exec.Command(FindTool(args[0]), append(args[1:], image)...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("crash: %s: %w\n%s", args[0], err, out)
	}
	d := &Disk{Dir: filepath.Join(dir, kind), kind: kind}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, err
	}
	if d.loop, err = attach(f); err != nil {
		return nil, fmt.Errorf("crash: loop device: %w", err)
	}
	return d, nil
}

// FindTool returns the path of a system administrator's program, which the
// search path may not have, or "".
func FindTool(name string) string {
	for _, path := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	return ""
}

// The calls to the loop driver and to file systems.
const (
	loopCtlGetFree = 0x4C82
	loopConfigure  = 0x4C0A
	loopAutoclear  = 4
	fsShutdown     = 0x8004587d
	withoutFlush   = 2
)

// A loopConfig is the kernel's struct loop_config, of which we set three fields.
type loopConfig struct {
	fd, blockSize uint32
	_             [6]uint64 // devices, inode, offset, limit, number and encryption
	encryptSize   uint32
	flags         uint32
	_             [64 + 64 + 32]byte
	_             [2 + 8]uint64
}

// attach makes a block device of a file. It goes with the last who uses it.
func attach(image *os.File) (*os.File, error) {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	for {
		n, err := ioctl(control, loopCtlGetFree, 0)
		if err != nil {
			return nil, err
		}
		loop, err := os.OpenFile(fmt.Sprint("/dev/loop", n), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		config := &loopConfig{fd: uint32(image.Fd()), flags: loopAutoclear}
		_, err = ioctl(loop, loopConfigure, uintptr(unsafe.Pointer(config)))
		runtime.KeepAlive(config)
		if err == nil {
			return loop, nil
		}
		loop.Close()
		if !errors.Is(err, syscall.EBUSY) { // somebody else was faster
			return nil, err
		}
	}
}

func ioctl(f *os.File, call, arg uintptr) (uintptr, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), call, arg)
	if errno != 0 {
		return 0, errno
	}
	return n, nil
}

// Mount mounts the file system, as after a start of the machine.
func (d *Disk) Mount() error {
	if err := syscall.Mount(d.loop.Name(), d.Dir, d.kind, syscall.MS_NOATIME, ""); err != nil {
		return fmt.Errorf("crash: mount %s: %w", d.kind, err)
	}
	return nil
}

// Cut takes the power away: what has not been synced is lost, and every write
// from now on fails.
func (d *Disk) Cut() error {
	f, err := os.Open(d.Dir)
	if err != nil {
		return err
	}
	defer f.Close()
	flags := uint32(withoutFlush)
	if _, err := ioctl(f, fsShutdown, uintptr(unsafe.Pointer(&flags))); err != nil {
		return fmt.Errorf("crash: shut down %s: %w", d.kind, err)
	}
	return nil
}

// Unmount waits for the last files to be closed, and for maps of them that only
// the garbage collector takes away.
func (d *Disk) Unmount() error {
	for end := time.Now().Add(patience); ; wait(time.Millisecond) {
		err := syscall.Unmount(d.Dir, 0)
		if err == nil {
			return nil
		}
		runtime.GC()
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(end) {
			return fmt.Errorf("crash: unmount %s: %w", d.kind, err)
		}
	}
}

// bootID is where the kernel says which start of the machine this is.
const bootID = "/proc/sys/kernel/random/boot_id"

// A Machine is what seems to start anew: in this mount namespace, the kernel's
// boot ID is what a file says.
type Machine struct{ file string }

// NewMachine covers the kernel's boot ID for this process and its mount
// namespace.
func NewMachine(dir string) (*Machine, error) {
	m := &Machine{filepath.Join(dir, "boot_id")}
	if err := m.Boot(); err != nil {
		return nil, err
	}
	if err := syscall.Mount(m.file, bootID, "", syscall.MS_BIND, ""); err != nil {
		return nil, fmt.Errorf("crash: cover %s: %w", bootID, err)
	}
	return m, nil
}

// Boot gives the machine a new boot ID.
func (m *Machine) Boot() error {
	id, err := os.ReadFile("/proc/sys/kernel/random/uuid")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(m.file, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.TrimSpace(string(id)) + "\n")
	return errors.Join(err, f.Close())
}
