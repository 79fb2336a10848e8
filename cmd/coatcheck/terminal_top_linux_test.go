package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
)

// TestTop: on a terminal the figures change in their place, and q, Ctrl-C and a
// signal end it well.
func TestTop(t *testing.T) {
	store, _ := terminalStore(t)
	for name, end := range map[string]func(*terminal, *exec.Cmd){
		"q":         func(term *terminal, _ *exec.Cmd) { term.user.WriteString("q") },
		"Ctrl-C":    func(term *terminal, _ *exec.Cmd) { term.user.WriteString("\x03") },
		"interrupt": func(_ *terminal, cmd *exec.Cmd) { cmd.Process.Signal(os.Interrupt) },
	} {
		t.Run(name, func(t *testing.T) { endsTop(t, store, end) })
	}
}

// endsTop watches a store, changes it, and ends the program.
func endsTop(t *testing.T, store string, end func(*terminal, *exec.Cmd)) {
	term := newTerminal(t, 60)
	cmd := exec.CommandContext(t.Context(), build(t), "top", "-s", store, "--interval", "20ms", "--changes")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.program, term.program, term.program
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []byte
	until := func(text string) {
		t.Helper()
		for buf := make([]byte, 4096); !bytes.Contains(seen, []byte(text)); {
			n, err := term.user.Read(buf)
			if seen = append(seen, buf[:n]...); err != nil {
				t.Fatalf("it says %q: %v", seen, err)
			}
		}
	}
	until("\r\x1b[J") // the second look draws over the first
	until("Saved")
	if !bytes.Contains(seen, []byte("Records               ")) || bytes.Contains(seen, []byte("\x1b[2J")) {
		t.Errorf("the screen is %q", seen)
	}
	// The heading is bold, and cut: what ends the bold type is left whole.
	if !bytes.Contains(seen, []byte("q ends  hash:")) || !bytes.Contains(seen, []byte("…\x1b[0m\r\nRecords")) {
		t.Errorf("the screen is %q", seen)
	}
	do(t, t.Name()+" {\"n\":1}\n", "put", "-s", store, "--foreign").wants(t, exit.OK, "")
	until("New                   1")
	end(term, cmd)
	// What it still draws must go somewhere, or it could not end.
	go func() {
		for buf := make([]byte, 4096); ; {
			if _, err := term.user.Read(buf); err != nil {
				return
			}
		}
	}()
	if code := codeOf(t, cmd.Wait()); code != exit.OK || !term.echoes(t) {
		t.Errorf("exit code %d, the terminal echoes: %v", code, term.echoes(t))
	}
	term.program.Close()
}
