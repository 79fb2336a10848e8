package main

import (
	"fmt"
	"strings"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// A copyBar shows how far a copy has come: a line for each phase, one in the
// place of the other.
type copyBar struct {
	printer *show.Printer
	line    *show.Progress
	at      string
}

func progressOf(p *show.Printer) *copyBar { return &copyBar{printer: p} }

// show shows it.
func (b *copyBar) show(p transfer.Progress) {
	what := phaseText(p)
	if what != b.at {
		b.done()
		b.line, b.at = b.printer.Progress(what, max(0, p.Total)), what
	}
	note := ""
	if p.Changes > 0 && p.Changes != p.Done && p.Pass > 0 { // in the first pass of all both are the same
		note = show.Count(p.Changes) + " new"
	}
	if p.Phase == transfer.Verifying {
		note = ""
	}
	b.line.Set(p.Done, 0, note)
}

// done takes the line away.
func (b *copyBar) done() {
	if b.line != nil {
		b.line.Done()
	}
}

// phaseText names what is being done, in few columns.
func phaseText(p transfer.Progress) string {
	switch {
	case p.Phase == transfer.Reading && p.Pass > 0:
		return fmt.Sprintf("Pass %d", p.Pass)
	case p.Phase == transfer.Ending:
		return fmt.Sprintf("Pass %d, what has ended", p.Pass)
	}
	name := string(p.Phase)
	return strings.ToUpper(name[:1]) + name[1:]
}
