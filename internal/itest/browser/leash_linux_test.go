package browser_test

import (
	"os/exec"
	"syscall"
)

// leash puts a program into a process group of its own, and makes the system
// kill it when we die.
func leash(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
