package report_test

import (
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/bench/report"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1}, 1},
		{[]float64{5, 100, 1}, 5},
		{[]float64{4, 1, 3, 2}, 2},
	} {
		if got := report.Median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestAims(t *testing.T) {
	var out strings.Builder
	report.PrintAims(&out, []report.Aim{
		report.AtMost("on the limit", 7, 7, "%.0f"),
		report.AtMost("over it", 1.25, 1.251, "%.2f"),
		report.AtLeast("short of it", 15, 14.9, "%.1f×"),
		report.AtLeast("reached", 15, 20, "%.1f×"),
		report.Either("one will do", report.AtLeast("", 2, 1.5, "%.1f×"), report.AtMost("", 0.5, 0.4, "%.1f×")),
		report.Either("neither", report.AtLeast("", 2, 1.5, "%.1f×"), report.AtMost("", 0.5, 0.6, "%.1f×")),
	})
	for _, want := range []string{
		"| on the limit | ≤ 7 | 7 | met |",
		"| over it | ≤ 1.25 | 1.25 | **missed** |",
		"| short of it | ≥ 15.0× | 14.9× | **missed** |",
		"| reached | ≥ 15.0× | 20.0× | met |",
		"| one will do | ≥ 2.0× or ≤ 0.5× | 1.5×, 0.4× | met |",
		"| neither | ≥ 2.0× or ≤ 0.5× | 1.5×, 0.6× | **missed** |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q in\n%s", want, out.String())
		}
	}
}

func TestMicros(t *testing.T) {
	for ns, want := range map[float64]string{-5: "0.00 µs", 1234: "1.23 µs", 45_600: "45.6 µs", 123_456: "123 µs"} {
		if got := report.Micros(ns); got != want {
			t.Errorf("%v ns: %q, want %q", ns, got, want)
		}
	}
}
