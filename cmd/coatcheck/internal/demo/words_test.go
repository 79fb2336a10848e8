package demo_test

import (
	"testing"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:             "",
		999 * time.Millisecond: "",
		time.Second:            "1 second",
		59 * time.Second:       "59 seconds",
		time.Minute:            "1 minute",
		29*time.Minute + time.Minute - time.Millisecond: "30 minutes",
		time.Hour:                    "1 hour",
		12*time.Hour - 3*time.Second: "12 hours",
		47 * time.Hour:               "47 hours",
		48 * time.Hour:               "2 days",
		30 * 24 * time.Hour:          "30 days",
	} {
		if got := demo.Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
