package show

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrDeclined is the answer no.
var ErrDeclined = errors.New("you said no, so nothing was changed")

// ErrNobody means that there is nobody to ask.
var ErrNobody = errors.New("there is no terminal to ask on: say --yes if you mean it, or --dry-run to see what it would do")

// Confirm asks for leave to do something, unless yes says that it was given.
// It returns [ErrDeclined], or [ErrNobody] where nobody can be asked, or ctx's
// error if that ends before there is an answer.
func (p *Printer) Confirm(ctx context.Context, yes bool, format string, args ...any) error {
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
	answer, err := await(ctx, func() (string, error) { return firstLine(p.in) })
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(p.err)
		return err
	}
	return ErrDeclined
}

// await returns what read does, unless ctx ends first: then read is left to
// wait for somebody who will not answer.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// maxLine bounds a line that somebody types, in bytes.
const maxLine = 4096

// firstLine reads a line, without what is blank around it.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLine)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(line), err
}
