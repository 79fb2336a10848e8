package show

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// A Screen is a block of lines on a terminal that is drawn again and again in
// the same place. Use it from one goroutine.
type Screen struct {
	printer *Printer
	lines   int // that stand there
}

// Screen returns one on standard output, nil if that is no terminal that can
// move its cursor.
func (p *Printer) Screen() *Screen {
	if p.width == 0 || dumb() || p.JSON {
		return nil
	}
	return &Screen{printer: p}
}

// Draw puts a heading and lines in the place of those that are there. Each is cut
// to the width of the terminal, as it is now.
func (s *Screen) Draw(heading string, lines []string) error {
	s.printer.width = terminalWidth(s.printer.stream) // somebody may have changed it
	var b strings.Builder
	if s.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.lines)
	}
	b.WriteString("\r\x1b[J")
	// In raw mode a line feed does not go to the first column. What makes the
	// heading bold comes after the cut, which would count it, and cut it.
	b.WriteString(s.printer.Bold(cut(heading, s.printer.width-1)) + "\r\n")
	for _, line := range lines {
		b.WriteString(cut(line, s.printer.width-1) + "\r\n")
	}
	s.lines = 1 + len(lines)
	if err := s.printer.Printf("%s", b.String()); err != nil {
		return err
	}
	return s.printer.Flush()
}

// UntilQuit returns a context that ends when ctx does, or when somebody types q
// or Ctrl-C on the terminal that standard input is. The function it returns gives
// the terminal back its manners.
func (p *Printer) UntilQuit(ctx context.Context) (context.Context, func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	in, ok := p.in.(*os.File)
	if !ok || !IsTerminal(in) {
		return ctx, cancel, nil
	}
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		cancel()
		return nil, nil, err
	}
	go func() {
		// It may be left to wait for a key that nobody types: the program ends.
		for keys := bufio.NewReader(in); ; {
			switch key, err := keys.ReadByte(); {
			case err != nil:
				return // nobody types any more, and a signal still ends it
			case key == 'q', key == 'Q', key == 3: // Ctrl-C in raw mode
				cancel()
				return
			}
		}
	}()
	return ctx, func() { cancel(); _ = term.Restore(int(in.Fd()), before) }, nil
}

// Spark draws numbers as columns of different height, the last ones of so many.
func Spark(values []int64, columns int) string {
	const heights = "▁▂▃▄▅▆▇█"
	values = values[max(0, len(values)-columns):]
	var top int64 = 1
	for _, v := range values {
		top = max(top, v)
	}
	steps := []rune(heights)
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(steps[int(max(0, v)*int64(len(steps)-1)/top)])
	}
	return b.String()
}

// Columns returns how many columns the terminal that standard output is has, 0
// if it is none.
func (p *Printer) Columns() int { return p.width }
