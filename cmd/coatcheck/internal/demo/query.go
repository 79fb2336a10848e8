package demo

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// A query is what a tool asks for: the parameters of a URL.
type query url.Values

// parseQuery is strict, unlike [url.URL.Query]: what does not parse is refused
// rather than left out.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, bad("The query is malformed.")
	}
	return query(values), nil
}

// one returns a parameter that must be given once.
func (q query) one(name string) (string, error) {
	switch values := q[name]; len(values) {
	case 0:
		return "", bad("Parameter %s is missing.", name)
	case 1:
		return values[0], nil
	default:
		return "", bad("Parameter %s is given %d times; give it once.", name, len(values))
	}
}

// key returns the parameter that names a key.
func (q query) key() (string, error) {
	name, err := q.one("k")
	if err != nil {
		return "", err
	}
	if err := coatcheck.CheckKey(name); err != nil {
		return "", bad("Parameter k: %s.", strings.TrimPrefix(err.Error(), coatcheck.ErrInvalid.Error()+": "))
	}
	return name, nil
}

// number returns a parameter that is a whole number from 0 to most.
func (q query) number(name string, most int) (int, error) {
	text, err := q.one(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, bad("Parameter %s must be a whole number from 0 to %d.", name, most)
	}
	return n, nil
}

// numberOr is number for a parameter that may be left out.
func (q query) numberOr(name string, most, otherwise int) (int, error) {
	if _, ok := q[name]; !ok {
		return otherwise, nil
	}
	return q.number(name, most)
}
