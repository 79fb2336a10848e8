package storeurl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// cutQuery splits a URL before its parameters. A question mark begins them if
// a letter follows, or nothing; any other belongs to what is before.
func cutQuery(s string) (before, query string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '?' && (i+1 == len(s) || isLetter(s[i+1])) {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// A setting is one parameter as it was given.
type setting struct {
	name, value string
	raw         string // "name=value" as it stands in a URL
}

// splitQuery reads the parameters of a URL. The value is percent-decoded; a
// plus sign stands for itself.
func splitQuery(query string) (all []setting, err error) {
	if query == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			// It may be the rest of a password, so it is not repeated.
			return nil, errors.New(`a parameter is not of the form NAME=VALUE; write %26 for an "&" in a value and %3F for a "?" in a path`)
		}
		if value, err = url.PathUnescape(value); err != nil {
			return nil, fmt.Errorf("%s: a percent sign must be written %%25", name)
		}
		all = append(all, setting{name, value, part})
	}
	return all, nil
}

// unescape decodes the percent codes of a path. What is none stays as it is.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c, err := url.PathUnescape(s[i:min(i+3, len(s))]); s[i] == '%' && i+2 < len(s) && err == nil {
			b.WriteString(c)
			i += 2
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
