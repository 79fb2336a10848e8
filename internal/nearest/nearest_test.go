package nearest_test

import (
	"testing"

	"github.com/coatcheck/coatcheck/internal/nearest"
)

func TestName(t *testing.T) {
	known := []string{"idle_timeout", "absolute_timeout", "cookie", "max_keys", "store"}
	for given, want := range map[string]string{
		"idle_timout":     "idle_timeout",
		"IdleTimeout":     "idle_timeout",
		"max-keys":        "max_keys",
		"sotre":           "store",
		"stor":            "store",
		"cookies":         "cookie",
		"absolut_timeuot": "absolute_timeout",
		"x":               "",
		"":                "",
		"codec":           "",
		"window":          "",
	} {
		if got := nearest.Name(given, known); got != want {
			t.Errorf("nearest to %q: %q, want %q", given, got, want)
		}
	}
}
