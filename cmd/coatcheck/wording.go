package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// worded is what run says of an error about the command line: those of the
// packages that read it are in their own terms, and some in several lines.
func worded(err error) string {
	invalid, required := (*pflag.InvalidValueError)(nil), (*pflag.ValueRequiredError)(nil)
	switch {
	case errors.As(err, &invalid):
		if wants := wanted[invalid.GetFlag().Value.Type()]; wants != "" {
			return fmt.Sprintf("--%s %q: want %s", invalid.GetFlag().Name, invalid.GetValue(), wants)
		}
	case errors.As(err, &required):
		return fmt.Sprintf("--%s wants a value behind it", required.GetFlag().Name)
	}
	if set := exclusive.FindStringSubmatch(err.Error()); set != nil {
		return "--" + strings.Join(strings.Fields(set[1]), " and --") + " do not go together: give one"
	}
	if parts := strings.SplitN(err.Error(), "\n\nDid you mean this?\n", 2); len(parts) == 2 {
		return parts[0] + "; is it " + strings.Join(strings.Fields(parts[1]), ", or ") + "?"
	}
	return oneLine(err)
}

// wanted is what a flag of a type takes.
var wanted = map[string]string{
	"duration": "a time with its unit, such as 90s, 30m or 24h",
	"int":      "a whole number",
	"int64":    "a whole number",
	"float64":  "a number",
	"bool":     "true or false",
}

// exclusive is what package cobra says of flags that exclude each other.
var exclusive = regexp.MustCompile(`^if any flags in the group .* none of the others can be; \[(.+)\] were all set$`)
