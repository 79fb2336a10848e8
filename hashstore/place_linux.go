package hashstore

import (
	"fmt"
	"os"
	"syscall"
)

// remote are the file systems that reach over a network, or into another
// program, where locks and maps are not what they are on a disk.
var remote = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB",
	0x5346414f: "AFS", 0x6b414653: "AFS", 0x73757245: "Coda", 0x00c36400: "Ceph",
	0x01021997: "9P", 0x0bd00bd0: "Lustre", 0x65735546: "FUSE", 0x7461636f: "OCFS2",
	0x01161970: "GFS2", 0x47504653: "GPFS", 0x564c: "NCP", 0xbacbacbc: "a host's directory",
}

// copying are the file systems that write everything to a new place, so that
// allocating space first promises nothing.
var copying = map[uint32]bool{0x9123683e: true, 0x2fc12fc1: true, 0xca451a4e: true, 0xf2f52010: true}

// checkPlace refuses network file systems.
func checkPlace(f *os.File) error {
	if name := remote[fsType(f)]; name != "" {
		return fmt.Errorf("it is on a network file system (%s); put it on a local disk", name)
	}
	return nil
}

func copiesOnWrite(f *os.File) bool { return copying[fsType(f)] }

func fsType(f *os.File) uint32 {
	var st syscall.Statfs_t
	if err := retry("fstatfs", func(fd int) error { return syscall.Fstatfs(fd, &st) }, f); err != nil {
		return 0
	}
	return uint32(st.Type)
}
