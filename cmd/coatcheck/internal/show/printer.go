package show

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A Printer is where a command's results and messages go. Use it from one
// goroutine.
type Printer struct {
	// JSON says that results are for programs.
	JSON bool

	out    *bufio.Writer
	stream io.Writer // behind out
	err    io.Writer
	in     io.Reader
	width  int // of the terminal that out is; 0 if it is none
	color  bool
	live   bool // err is a terminal that can move its cursor
	asking bool // in and err are a terminal
}

// New returns a printer on the program's streams.
func New(in io.Reader, out, err io.Writer, json, noColor bool) *Printer {
	return &Printer{
		JSON:   json,
		out:    bufio.NewWriterSize(out, 32<<10),
		stream: out,
		err:    err,
		in:     in,
		width:  terminalWidth(out),
		color:  !noColor && colorful(out),
		live:   !dumb() && IsTerminal(err),
		asking: IsTerminal(in) && IsTerminal(err),
	}
}

// Flush writes what was printed so far.
func (p *Printer) Flush() error { return p.out.Flush() }

// Printf writes a part of a result for people.
func (p *Printer) Printf(format string, args ...any) error {
	_, err := fmt.Fprintf(p.out, format, args...)
	return err
}

// Result writes the result of a command: v as a line of JSON if that is asked
// for, else the text, a line or several.
func (p *Printer) Result(v any, text string) error {
	if p.JSON {
		return p.Line(v)
	}
	return p.Printf("%s\n", wrap(strings.TrimRight(text, "\n"), p.width))
}

// Line writes v as one line of JSON.
func (p *Printer) Line(v any) error {
	line, err := JSON(v)
	if err != nil {
		return err
	}
	_, err = p.out.Write(append(line, '\n'))
	return err
}

// Notef writes a message for people to standard error, behind the results that
// were printed so far. What is wrong with those, the next Flush says, too.
func (p *Printer) Notef(format string, args ...any) {
	_ = p.Flush()
	Message(p.err, fmt.Sprintf(format, args...))
}

// Message writes a line for people, which a terminal gets as several that fit.
// What is wrong with the stream cannot be told to anybody.
func Message(w io.Writer, text string) {
	_, _ = fmt.Fprintln(w, wrap(text, terminalWidth(w)))
}

// Table begins a table.
func (p *Printer) Table(columns ...Column) *Table {
	return &Table{out: p.out, width: p.width, bold: p.Bold, columns: columns}
}

// Chart draws bars as wide as the terminal, 80 columns without one.
func (p *Printer) Chart(bars []Bar) error {
	columns := p.width
	if columns == 0 {
		columns = lineWidth
	}
	return p.Printf("%s", Chart(bars, min(columns, 120), p.width > 0 && dumb()))
}

// Bold returns a heading as the terminal shows one.
func (p *Printer) Bold(s string) string { return p.style("1", s) }

// Red returns what is bad news as the terminal shows it.
func (p *Printer) Red(s string) string { return p.style("31", s) }

func (p *Printer) style(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
