package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// A terminal is a pseudo-terminal: what a program sees as its terminal, and the
// end at which its user would sit.
type terminal struct {
	user, program *os.File
}

// newTerminal makes one of so many columns.
func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	var locked, number int32
	size := [4]uint16{24, columns}
	for _, c := range []struct {
		code uintptr
		arg  unsafe.Pointer
	}{
		{syscall.TIOCSPTLCK, unsafe.Pointer(&locked)}, {syscall.TIOCGPTN, unsafe.Pointer(&number)},
		{syscall.TIOCSWINSZ, unsafe.Pointer(&size)},
	} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, user.Fd(), c.code, uintptr(c.arg)); errno != 0 {
			t.Fatal(errno)
		}
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &terminal{user, program}
}

// echoes reports whether the terminal shows what is typed.
func (term *terminal) echoes(t *testing.T) bool {
	t.Helper()
	var state syscall.Termios
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, term.user.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state))); errno != 0 {
		t.Fatal(errno)
	}
	return state.Lflag&syscall.ECHO != 0
}

// screen runs the program on a new terminal, types what a user would, and
// returns all that the terminal was sent.
func screen(t *testing.T, columns uint16, typed string, env []string, args ...string) (string, exit.Code) {
	t.Helper()
	term := newTerminal(t, columns)
	cmd := exec.CommandContext(t.Context(), build(t), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term.program.Close()
	var sent bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() { sent.ReadFrom(term.user) }) // ends with an error when the program has closed its end
	if _, err := term.user.WriteString(typed); err != nil {
		t.Fatal(err)
	}
	code := codeOf(t, cmd.Wait())
	reading.Wait()
	return strings.ReplaceAll(sent.String(), "\r\n", "\n"), code
}

// terminalStore is a store with a session of a long-named owner, and its ID.
func terminalStore(t *testing.T) (store, id string) {
	t.Helper()
	store = "hash:" + filepath.Join(t.TempDir(), "s.ht")
	do(t, "", "create", "-s", store).wants(t, exit.OK, "")
	line := fmt.Sprintf("old1 {\"user\":%q}\n", strings.Repeat("long-", 30))
	do(t, line, "put", "-s", store, "--foreign", "--owner-key", "user").wants(t, exit.OK, "")
	id, _, _ = strings.Cut(strings.Split(do(t, "", "ls", "-s", store).stdout, "\n")[1], " ")
	return store, id
}

// TestAsks: on a terminal, what ends sessions asks first, and only yes is yes.
func TestAsks(t *testing.T) {
	store, id := terminalStore(t)
	for _, typed := range []string{"n\n", "\n", "yess\n", "\x04"} {
		out, code := screen(t, 80, typed, nil, "rm", "-s", store, id)
		if code != exit.Failed || !strings.Contains(out, "End session "+id+"? [y/N] ") || !strings.Contains(out, "you said no, so nothing was changed") {
			t.Errorf("%q: exit code %d, %q", typed, code, out)
		}
	}
	do(t, "", "get", "-s", store, id).wants(t, exit.OK, "")
	for _, args := range [][]string{{"revoke", "--owner", "nobody"}, {"rm", "--dry-run", id}} {
		if out, code := screen(t, 80, "", nil, append(args, "-s", store)...); code != exit.OK || strings.Contains(out, "?") {
			t.Errorf("%v: exit code %d, %q", args, code, out)
		}
	}
	if out, code := screen(t, 80, "y\n", nil, "rm", "-s", store, id); code != exit.OK || !strings.Contains(out, "1 session ended.") {
		t.Errorf("yes: exit code %d, %q", code, out)
	}
	do(t, "", "get", "-s", store, id).wants(t, exit.NotFound, "there is no session")
}

// TestInterruptAtQuestion: Ctrl-C in the place of an answer ends the program, and
// the terminal shows again what is typed.
func TestInterruptAtQuestion(t *testing.T) {
	store, id := terminalStore(t)
	for prompt, args := range map[string][]string{"[y/N] ": {"rm", "-s", store, id}, "Token: ": {"id"}} {
		term := newTerminal(t, 80)
		cmd := exec.CommandContext(t.Context(), build(t), args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var seen []byte
		for buf := make([]byte, 256); !bytes.Contains(seen, []byte(prompt)); {
			n, err := term.user.Read(buf)
			if seen = append(seen, buf[:n]...); err != nil {
				t.Fatalf("it says %q: %v", seen, err)
			}
		}
		if prompt == "Token: " {
			await(t, func() bool { return !term.echoes(t) })
		}
		cmd.Process.Signal(os.Interrupt)
		if code := codeOf(t, cmd.Wait()); code != exit.Interrupted || !term.echoes(t) {
			t.Errorf("%v: exit code %d, the terminal echoes: %v", args, code, term.echoes(t))
		}
		term.program.Close()
	}
}

// TestFitsTerminal: a table gives way to a narrow terminal, with colours only
// where they are wanted.
func TestFitsTerminal(t *testing.T) {
	store, id := terminalStore(t)
	for _, columns := range []uint16{40, 60, 80, 140} {
		for _, args := range [][]string{{"ls"}, {"ls", "--long"}, {"stat"}} {
			out, _ := screen(t, columns, "", []string{"NO_COLOR=1"}, append(args, "-s", store)...)
			for line := range strings.Lines(out) {
				if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > int(columns) && !strings.HasPrefix(line, "hash:") {
					t.Errorf("%v: %d columns of %d: %q", args, n, columns, line)
				}
			}
			if strings.Contains(out, "\x1b") || !strings.Contains(out, "…") {
				t.Errorf("%v, without colours: %q", args, out)
			}
		}
	}
	for env, coloured := range map[string]bool{"TERM=xterm": true, "TERM=dumb": false, "TERM=": false, "NO_COLOR=1": false} {
		if out, _ := screen(t, 80, "", []string{env}, "ls", "-s", store); strings.Contains(out, "\x1b[1m") != coloured || !strings.Contains(out, id) {
			t.Errorf("%s: %q", env, out)
		}
	}
	if out, _ := screen(t, 80, "", nil, "ls", "-s", store, "--no-color"); strings.Contains(out, "\x1b") {
		t.Errorf("--no-color: %q", out)
	}
}

// TestLongIDs: a terminal gets as much of them as it has room for: all where other
// columns can give way, else the first digits. A pipe and JSON get all of
// everything.
func TestLongIDs(t *testing.T) {
	store, short := terminalStore(t)
	id := strings.Fields(strings.Split(do(t, "", "ls", "-s", store, "--long").stdout, "\n")[1])[0]
	if len(id) != 64 || !strings.HasPrefix(id, short) {
		t.Fatalf("a pipe gets the ID %q", id)
	}
	for columns, want := range map[uint16]string{80: id[:23] + "…  long-", 140: id + "  long-"} {
		if out, _ := screen(t, columns, "", []string{"NO_COLOR=1"}, "ls", "-s", store, "--long"); !strings.Contains(out, want) {
			t.Errorf("%d columns: %q, want %q in it", columns, out, want)
		}
	}
	if out, _ := screen(t, 80, "", nil, "ls", "-s", store, "--long", "--json"); !strings.Contains(out, `"`+id+`"`) || strings.Contains(out, "…") {
		t.Errorf("JSON on a terminal: %q", out)
	}
	if out := do(t, "", "ls", "-s", store, "--long").stdout; strings.Contains(out, "…") || !strings.Contains(out, strings.Repeat("long-", 30)) {
		t.Errorf("a pipe gets %q", out)
	}
}

// TestNothingToList: a terminal is told that there is nothing, a pipe gets it.
func TestNothingToList(t *testing.T) {
	store, _ := terminalStore(t)
	for _, args := range [][]string{{"ls", "--owner", "nobody"}, {"ls", "--owner", "nobody", "--sort", "age"}} {
		args = append(args, "-s", store)
		if out, code := screen(t, 80, "", nil, args...); code != exit.OK || out != "No sessions.\n" {
			t.Errorf("%v: exit code %d, %q", args, code, out)
		}
		if r := do(t, "", args...); r.stdout != "" || r.stderr != "" {
			t.Errorf("%v into a pipe: %q, %q", args, r.stdout, r.stderr)
		}
	}
}

// TestSecretIsNotShown: a token that is typed does not appear.
func TestSecretIsNotShown(t *testing.T) {
	const token = "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZA"
	term := newTerminal(t, 80)
	cmd := exec.CommandContext(t.Context(), build(t), "id")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term.program.Close()
	var seen []byte
	typed := false
	for buf := make([]byte, 256); ; {
		n, err := term.user.Read(buf)
		if seen = append(seen, buf[:n]...); err != nil {
			break
		}
		if !typed && bytes.Contains(seen, []byte("Token: ")) {
			typed = true
			await(t, func() bool { return !term.echoes(t) })
			term.user.WriteString(token + "\n")
		}
	}
	if code := codeOf(t, cmd.Wait()); code != exit.OK || bytes.Contains(seen, []byte("ZZZ")) || !bytes.Contains(seen, []byte("Token: ")) {
		t.Errorf("exit code %d, %q", code, seen)
	}
}

// TestMessagesFit: notes, results and errors break between words, and elsewhere
// they are one line.
func TestMessagesFit(t *testing.T) {
	for columns, want := range map[uint16]string{
		0:  "coatcheck: --timeout 0s: must be above 0 (see coatcheck ls --help)\n",
		40: "coatcheck: --timeout 0s: must be above 0\n(see coatcheck ls --help)\n",
	} {
		got := do(t, "", "ls", "-s", "mem:", "--timeout", "0s").stderr
		if columns > 0 {
			got, _ = screen(t, columns, "", nil, "ls", "-s", "mem:", "--timeout", "0s")
		}
		if got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

// TestProgressWhileNothingMoves: who waits for a step that takes long sees that
// the program lives.
func TestProgressWhileNothingMoves(t *testing.T) {
	_, args := copyStore(t)
	term := newTerminal(t, 80)
	cmd := exec.CommandContext(t.Context(), build(t), append(args, "--rate", "1")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	cmd.Env = append(os.Environ(), "TERM=xterm")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term.program.Close()
	var seen []byte
	for buf := make([]byte, 256); bytes.Count(seen, []byte("Pass 1")) < 2; {
		n, err := term.user.Read(buf)
		if seen = append(seen, buf[:n]...); err != nil {
			t.Fatalf("it says %q: %v", seen, err)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
}
