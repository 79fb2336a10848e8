package demo

import (
	"strconv"
	"time"
)

// several writes a number and the word for what it counts.
func several(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// span writes a duration in its largest unit, rounded, and "" if it is less
// than a second.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return several(int(d.Round(day)/day), "day")
	case d >= time.Hour:
		return several(int(d.Round(time.Hour)/time.Hour), "hour")
	case d >= time.Minute:
		return several(int(d.Round(time.Minute)/time.Minute), "minute")
	case d >= time.Second:
		return several(int(d.Round(time.Second)/time.Second), "second")
	}
	return ""
}

// Ago says how long ago t was.
func (v *view) Ago(t time.Time) string {
	if d := span(v.now.Sub(t)); d != "" {
		return d + " ago"
	}
	return "just now"
}

// In says how far ahead t is.
func (v *view) In(t time.Time) string {
	if d := span(t.Sub(v.now)); d != "" {
		return "in " + d
	}
	return "now"
}

// Amount writes a number and the word for what it counts.
func (v *view) Amount(n int, word string) string { return several(n, word) }

// Price writes an amount of cents.
func (v *view) Price(cents int) string { return price(cents) }

// Number writes a number as tickets do, in four digits at least.
func (v *view) Number(n int) string {
	s := strconv.Itoa(n)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}
