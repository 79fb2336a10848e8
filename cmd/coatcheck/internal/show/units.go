package show

import (
	"fmt"
	"strconv"
	"time"
)

// Count returns n with its thousands apart.
func Count(n int64) string {
	if n < 0 {
		return "-" + Count(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural returns a count and what is counted: "1 session", "1,200 sessions".
func Plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + one + "s"
}

// Size returns a number of bytes with three digits: "17 B", "1.42 KiB".
func Size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1024, 0
	for ; f >= 999.5 && unit < 4; unit++ {
		f /= 1024
	}
	digits := 2
	if f >= 99.95 {
		digits = 0
	} else if f >= 9.995 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %ciB", digits, f, "KMGTP"[unit])
}

// spans are the units of a span, the greatest first.
var spans = []struct {
	unit time.Duration
	name string
}{{365 * 24 * time.Hour, "y"}, {24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}

// Span returns a duration in its greatest unit, cut off: "42s", "17m", "3d".
func Span(d time.Duration) string {
	if d < 0 {
		return "-" + Span(-d)
	}
	for _, s := range spans {
		if d >= s.unit {
			return strconv.FormatInt(int64(d/s.unit), 10) + s.name
		}
	}
	return "0s"
}

// Moment returns a time for people, and how far it is from now.
func Moment(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "-"
	case t.Year() >= 9999:
		return "never"
	case d < 0:
		return fmt.Sprintf("%s (in %s)", t.UTC().Format(time.DateTime), Span(-d))
	default:
		return fmt.Sprintf("%s (%s ago)", t.UTC().Format(time.DateTime), Span(d))
	}
}
