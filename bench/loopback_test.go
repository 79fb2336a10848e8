package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/bench/load"
)

// TestVoidIsPrinted checks that the table names the reason.
func TestVoidIsPrinted(t *testing.T) {
	base := &row{load.NewRow(bareName), library{name: bareName}}
	wrong := &row{load.NewRow("liar"), library{name: "liar", sessions: true}}
	wrong.Void = errors.New("visitor-3: /count: counts 4 after 4")
	for _, page := range loopbackPages {
		base.Note(page, load.Figure{PerSecond: 50000, CPUMicros: 15})
	}
	var out strings.Builder
	printRows(&out, []*row{base, wrong})
	for _, want := range []string{
		"| bare net/http | 50.0k, 15.0 µs (1.00×) |",
		"| liar | void | void | void |",
		"Void: liar: visitor-3: /count: counts 4 after 4",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
