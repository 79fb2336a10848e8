package show

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// redraw is how often progress is drawn.
const redraw = 200 * time.Millisecond

// patience is how long work may take without a line.
const patience = 2 * redraw

// A Progress is a line on standard error that tells how far long work has come.
// Where that is no terminal, it draws nothing. It is safe for concurrent use.
type Progress struct {
	printer *Printer
	what    string
	total   int64 // 0: not known
	begun   time.Time

	mu    sync.Mutex
	done  int64
	note  string
	drawn time.Time
	shown bool
	ended bool
	timer *time.Timer // draws when nobody tells of a step; nil where nothing is drawn
}

// Progress begins such a line: "what" names the work, total is how many steps
// it has, 0 if nobody knows. End it by Done.
func (p *Printer) Progress(what string, total int64) *Progress {
	g := &Progress{printer: p, what: what, total: total, begun: time.Now()}
	if p.live {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.timer = time.AfterFunc(patience, g.tick)
	}
	return g
}

// tick draws while steps take long: who waits should see that the program lives.
func (g *Progress) tick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ended {
		g.draw(time.Now())
		g.timer.Reset(time.Second)
	}
}

// Add tells of n more steps.
func (g *Progress) Add(n int64) { g.Set(-1, n, "") }

// Note sets what stands at the end of the line.
func (g *Progress) Note(note string) { g.Set(-1, 0, note) }

// Set tells that done steps and more have been taken, and sets the note unless
// it is "". A done below 0 stands for those so far.
func (g *Progress) Set(done, more int64, note string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if done >= 0 {
		g.done = done
	}
	g.done += more
	if note != "" {
		g.note = note
	}
	if now := time.Now(); g.timer != nil && now.Sub(g.begun) >= patience && now.Sub(g.drawn) >= redraw {
		g.draw(now)
	}
}

// draw draws the line, unless the work has ended.
func (g *Progress) draw(now time.Time) {
	if g.ended {
		return
	}
	g.drawn, g.shown = now, true
	_, _ = fmt.Fprintf(g.printer.err, "\r\x1b[K%s", cut(g.line(now), max(20, terminalWidth(g.printer.err)-1)))
}

// Done takes the line away.
func (g *Progress) Done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	if g.timer != nil {
		g.timer.Stop()
	}
	if g.shown {
		_, _ = fmt.Fprint(g.printer.err, "\r\x1b[K")
		g.shown = false
	}
}

// barWidth is that of a bar of progress.
const barWidth = 24

// line is how it looks at now.
func (g *Progress) line(now time.Time) string {
	rate := float64(g.done) / now.Sub(g.begun).Seconds()
	parts := []string{g.what}
	if g.total > 0 {
		part := min(1, float64(g.done)/float64(g.total))
		full := int(part * barWidth)
		parts = append(parts, fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), part*100))
	}
	parts = append(parts, Count(g.done), Count(int64(rate))+"/s")
	if left := g.total - g.done; g.total > 0 && left > 0 && rate > 0 {
		parts = append(parts, Span(time.Duration(float64(left)/rate*float64(time.Second)))+" left")
	}
	if g.note != "" {
		parts = append(parts, g.note)
	}
	return strings.Join(parts, "  ")
}
