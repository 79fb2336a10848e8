package storeurl

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Kind is what the values of a [Param] are.
type Kind int

// The kinds. The zero value is Text.
const (
	Text     Kind = iota // any text but an empty one
	Int                  // a whole number above 0
	Size                 // a number of bytes above 0, or one with a unit: 64KiB, 1GiB
	Fraction             // a number above 0 and at most 1
	Duration             // at least 1 millisecond, with its unit: 500ms, 1h30m
	Bool                 // true or false
	Word                 // one of the words of the parameter, and nothing else
	Secret               // as Text; NAME_file and NAME_env say where it is
)

// A Param is a parameter that the URLs of a scheme may have.
type Param struct {
	// Name is what it is called: lower-case letters, digits and underscores,
	// such as "max_sessions".
	Name string

	// Kind is what its values are. Default [Text].
	Kind Kind

	// Words are values besides those of Kind, such as "off".
	Words []string

	// Doc says in one line what it is for.
	Doc string
}

// off switches something off. Package coatcheck and its stores say -1 for it.
const off = "off"

// check returns what is wrong with a value, as the end of a sentence that began
// with the parameter's name.
func (p *Param) check(value string) error {
	if slices.Contains(p.Words, value) {
		return nil
	}
	var err error
	switch p.Kind {
	case Int:
		_, err = parseInt(value)
	case Size:
		_, err = parseSize(value)
	case Fraction:
		_, err = parseFraction(value)
	case Duration:
		_, err = parseDuration(value)
	case Bool:
		if value != "true" && value != "false" {
			err = errBad
		}
	case Word:
		err = errBad
	case Text, Secret:
		if value == "" {
			err = errBad
		}
	}
	switch {
	case err == nil:
		return nil
	case p.Kind == Secret:
		return fmt.Errorf("it must be %s", p.rule())
	}
	return fmt.Errorf("it is %q; it must be %s", value, p.rule())
}

// rule says what the values are.
func (p *Param) rule() string {
	choices := make([]string, 0, len(p.Words)+1)
	for _, w := range p.Words {
		choices = append(choices, strconv.Quote(w))
	}
	switch p.Kind {
	case Int:
		choices = append(choices, "a whole number above 0")
	case Size:
		choices = append(choices, `a number of bytes above 0, or one with a unit, such as "64KiB" or "1GiB"`)
	case Fraction:
		choices = append(choices, "a number above 0 and at most 1")
	case Duration:
		choices = append(choices, `a duration of at least 1ms with its unit, such as "30s" or "12h"`)
	case Bool:
		choices = append(choices, "true", "false")
	case Text, Secret:
		choices = append(choices, "some text")
	}
	return list(choices, "or")
}

// list joins words as a sentence does.
func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	end := len(words) - 1
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}

var errBad = errors.New("bad value")

func parseInt(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, errBad
	}
	return n, nil
}

// units are those of sizes.
var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}}

func parseSize(s string) (int64, error) {
	unit := int64(1)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			s, unit = digits, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		return 0, errBad
	}
	return n * unit, nil
}

func parseFraction(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0 && f <= 1) {
		return 0, errBad
	}
	return f, nil
}

// durationForm is narrower than what package time reads, so that a schema can
// say the same.
var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Millisecond || !durationForm.MatchString(s) {
		return 0, errBad
	}
	return d, nil
}
