package show

import (
	"fmt"
	"strings"
)

// A Bar is one line of a chart.
type Bar struct {
	Label string
	Count int64
}

// Chart returns bars, the longest of which fills what is left of width columns.
func Chart(bars []Bar, columns int, plain bool) string {
	var label, count int
	var top int64
	for _, b := range bars {
		label = max(label, width(b.Label))
		count = max(count, len(Count(b.Count)))
		top = max(top, b.Count)
	}
	room := max(10, columns-label-count-4)
	var out strings.Builder
	for _, b := range bars {
		line := fmt.Sprintf("%*s  %*s  %s", label, b.Label, count, Count(b.Count), bar(b.Count, top, room, plain))
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

// eighths are the parts of a block by which a bar ends.
var eighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// bar draws n of top. What is not nothing is seen, however little it is.
func bar(n, top int64, room int, plain bool) string {
	if n == 0 || top == 0 {
		return ""
	}
	parts := max(1, int(float64(n)/float64(top)*float64(room)*8))
	if plain {
		return strings.Repeat("#", max(1, parts/8))
	}
	return strings.Repeat("█", parts/8) + eighths[parts%8]
}
