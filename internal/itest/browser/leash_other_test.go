//go:build unix && !linux

package browser_test

import (
	"os/exec"
	"syscall"
)

// leash puts a program into a process group of its own.
func leash(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
