package show

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
)

// ErrDeclined is the answer no.
var ErrDeclined = errors.New("you said no, so nothing was changed")

// ErrNobody means that there is nobody to ask.
var ErrNobody = errors.New("there is no terminal to ask on: say --yes if you mean it, or --dry-run to see what it would do")

// Confirm asks for leave to do something, unless yes says that it was given.
// It returns [ErrDeclined], or [ErrNobody] where nobody can be asked.
func (p *Printer) Confirm(yes bool, format string, args ...any) error {
	if yes {
		return nil
	}
	if !p.asking {
		return ErrNobody
	}
	if err := p.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.err, format+" [y/N] ", args...)
	answer, _ := bufio.NewReader(p.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return ErrDeclined
}
