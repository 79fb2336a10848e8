package servers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// An owner is the user as whom a server runs: nobody special, unless we are
// root, as whom database servers refuse to run.
type owner struct{ credential *syscall.Credential }

// ownerOf returns the user for servers whose package made one of that name.
func ownerOf(account string) (*owner, error) {
	if os.Geteuid() != 0 {
		return &owner{}, nil
	}
	u, err := user.Lookup(account)
	if err != nil {
		return nil, fmt.Errorf("run scripts/deps.sh: %w", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	if uerr != nil || gerr != nil {
		return nil, fmt.Errorf("user %s has the number %s/%s", account, u.Uid, u.Gid)
	}
	return &owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// give makes a file or folder the owner's.
func (o *owner) give(name string) error {
	if o.credential == nil {
		return nil
	}
	return os.Chown(name, int(o.credential.Uid), int(o.credential.Gid))
}

// apply makes a command run as the owner, and get a signal when we die.
func (o *owner) apply(cmd *exec.Cmd, death os.Signal) {
	signal, _ := death.(syscall.Signal)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential, Pdeathsig: signal}
}
