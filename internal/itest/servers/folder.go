//go:build unix

package servers

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// A folder is where a server keeps its files. It goes with the process that
// made it, however that ends.
type folder struct {
	path    string
	alive   io.Closer // the pipe that tells the janitor that we live
	janitor *exec.Cmd
}

// sweeping waits for the end of its input, and removes the folder. A server
// that is still dying may write to it once more.
const sweeping = `cat; for pause in 0 1 2; do sleep $pause; rm -rf "$0"; done`

// makeFolder makes a folder in a directory, and a process that removes it: we may
// be killed.
func makeFolder(kind, parent string) (*folder, error) {
	path, err := os.MkdirTemp(parent, fmt.Sprintf("coatcheck-%s-", kind))
	if err != nil {
		return nil, err
	}
	f := &folder{path: path, janitor: exec.Command("/bin/sh", "-c", sweeping, path)}
	f.janitor.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
	if f.alive, err = f.janitor.StdinPipe(); err == nil {
		err = f.janitor.Start()
	}
	if err != nil {
		os.Remove(path)
		return nil, err
	}
	return f, nil
}

// remove removes the folder and ends the janitor.
func (f *folder) remove() error {
	err := os.RemoveAll(f.path)
	f.janitor.Process.Kill()
	f.janitor.Wait()
	return err
}

// A Folder is a temporary folder for a server that runs inside this process. It
// goes when nobody holds it any more, and when the process has ended.
type Folder struct{ folder *folder }

// NewFolder makes a folder.
func NewFolder(kind string) (*Folder, error) {
	f, err := makeFolder(kind, "")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	return &Folder{f}, nil
}

// Path returns where it is.
func (f *Folder) Path() string { return f.folder.path }
