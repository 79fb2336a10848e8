package show

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Secret reads a line, unless ctx ends first. From a terminal it asks for it,
// and does not show what is typed.
func (p *Printer) Secret(ctx context.Context, in io.Reader, prompt string) (string, error) {
	f, ok := in.(*os.File)
	if !ok || !IsTerminal(f) {
		return await(ctx, func() (string, error) { return firstLine(in) })
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	// Who interrupts us wants to see again what is typed.
	defer func() { _ = term.Restore(fd, before) }()
	_, _ = fmt.Fprint(p.err, prompt)
	line, err := await(ctx, func() (string, error) {
		line, err := term.ReadPassword(fd)
		return strings.TrimSpace(string(line)), err
	})
	_, _ = fmt.Fprintln(p.err)
	return line, err
}
