package show

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxSecret bounds a secret in bytes.
const maxSecret = 4096

// Secret reads a line. From a terminal it asks for it, and does not show what
// is typed.
func (p *Printer) Secret(in io.Reader, prompt string) (string, error) {
	if f, ok := in.(*os.File); ok && IsTerminal(f) {
		_, _ = fmt.Fprint(p.err, prompt)
		line, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(p.err)
		return strings.TrimSpace(string(line)), err
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxSecret)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}
