package storeurl

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"
)

// A Request is what the Open of a [Scheme] gets: a URL whose parameters have
// been checked. It is not for use after Open has returned.
type Request struct {
	// Scheme is the name of the scheme.
	Scheme string

	// Rest is what follows the colon, as it stands, without the parameters.
	// It holds the password, wherever that came from.
	Rest string

	// Others are the parameters that the scheme does not declare, each
	// "name=value" as it stands in the URL.
	Others []string

	// MustExist is that of the [Mux]: Open makes nothing that is not there,
	// and returns [ErrAbsent] instead.
	MustExist bool

	// Now and Logger are those of the [Mux], for the store's Options; nil if
	// it was given none.
	Now    func() time.Time
	Logger *slog.Logger

	mux    *Mux
	scheme *Scheme
	values map[string]string
}

// URL returns the URL with its password and without the parameters that the
// scheme declares.
func (r *Request) URL() string {
	url := r.Scheme + ":" + r.Rest
	if len(r.Others) > 0 {
		url += "?" + strings.Join(r.Others, "&")
	}
	return url
}

// Path returns the path of a file or folder that the URL names.
func (r *Request) Path() (string, error) { return path(r.Scheme, r.Rest) }

func path(scheme, rest string) (string, error) {
	switch after, slashes := strings.CutPrefix(rest, "//"); {
	case slashes && !strings.HasPrefix(after, "/"):
		return "", fmt.Errorf("two slashes begin a host, and a file has none: write %q or %q", show(scheme+":"+after), show(scheme+":///"+after))
	case slashes:
		rest = after
	}
	name := filepath.FromSlash(unescape(rest))
	if len(name) > 1 && filepath.VolumeName(name[1:]) != "" && strings.HasPrefix(rest, "/") {
		name = name[1:] // "/C:/sessions" of Windows
	}
	if strings.ContainsRune(name, 0) {
		return "", errors.New("there is a zero byte in the path")
	}
	return name, nil
}

// Text returns a parameter as it was given, or "" if it was not. Of a [Secret] it
// returns the secret, wherever it came from. Text and the methods below panic
// if the scheme declares no such parameter.
func (r *Request) Text(name string) string {
	if r.scheme.param(name) == nil {
		panic(fmt.Sprintf("storeurl: scheme %q declares no parameter %q", r.Scheme, name))
	}
	return r.values[name]
}

// Is reports whether a parameter was given and has that very value.
func (r *Request) Is(name, value string) bool { return r.Text(name) == value && value != "" }

// Int returns a parameter of kind [Int]: 0 if it was not given, -1 if it is a
// word, such as "off".
func (r *Request) Int(name string) int { return number(r, name, Int, parseInt) }

// Size returns a parameter of kind [Size] in bytes: 0 if it was not given, -1 if
// it is a word, such as "off".
func (r *Request) Size(name string) int64 { return number(r, name, Size, parseSize) }

// Fraction returns a parameter of kind [Fraction]: 0 if it was not given, -1 if
// it is a word.
func (r *Request) Fraction(name string) float64 { return number(r, name, Fraction, parseFraction) }

// Duration returns a parameter of kind [Duration]: 0 if it was not given, -1 if
// it is a word, such as "off".
func (r *Request) Duration(name string) time.Duration {
	return number(r, name, Duration, parseDuration)
}

// Bool returns a parameter of kind [Bool], false if it was not given.
func (r *Request) Bool(name string) bool {
	r.must(name, Bool)
	return r.Text(name) == "true"
}

// must panics if a parameter is of another kind.
func (r *Request) must(name string, k Kind) {
	if p := r.scheme.param(name); p != nil && p.Kind != k {
		panic(fmt.Sprintf("storeurl: parameter %q of scheme %q is of another kind", name, r.Scheme))
	}
}

// number reads a parameter that has been checked: what does not parse is a word.
func number[T int | int64 | float64 | time.Duration](r *Request, name string, k Kind, parse func(string) (T, error)) T {
	r.must(name, k)
	text := r.Text(name)
	if text == "" {
		return 0
	}
	n, err := parse(text)
	if err != nil {
		return -1
	}
	return n
}
