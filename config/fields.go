package config

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/jsontree"
)

// Names of fields that are not options.
const (
	storeField  = "store"
	cookieField = "cookie"
	schemaField = "$schema"
)

// A field is one that sets an option.
type field struct {
	name   string // in JSON, "cookie.name" inside cookie
	option string // in Go, "Cookie.Name"
	set    func(*coatcheck.Options, *jsontree.Node) error
}

// fields are all of them, in the order of the documentation.
func fields() []field {
	return []field{
		{"name", "Name", text(func(o *coatcheck.Options) *string { return &o.Name })},
		{"idle_timeout", "IdleTimeout", timeout(func(o *coatcheck.Options) *time.Duration { return &o.IdleTimeout })},
		{"absolute_timeout", "AbsoluteTimeout", timeout(func(o *coatcheck.Options) *time.Duration { return &o.AbsoluteTimeout })},
		{"anonymous_idle_timeout", "AnonymousIdleTimeout", timeout(func(o *coatcheck.Options) *time.Duration { return &o.AnonymousIdleTimeout })},
		{"anonymous_absolute_timeout", "AnonymousAbsoluteTimeout", timeout(func(o *coatcheck.Options) *time.Duration { return &o.AnonymousAbsoluteTimeout })},
		{"store_timeout", "StoreTimeout", duration(func(o *coatcheck.Options) *time.Duration { return &o.StoreTimeout })},
		{"sweep_interval", "SweepInterval", timeout(func(o *coatcheck.Options) *time.Duration { return &o.SweepInterval })},
		{"poll_interval", "PollInterval", duration(func(o *coatcheck.Options) *time.Duration { return &o.PollInterval })},
		{"max_bytes", "MaxBytes", size(func(o *coatcheck.Options) *int { return &o.MaxBytes })},
		{"max_keys", "MaxKeys", number(func(o *coatcheck.Options) *int { return &o.MaxKeys })},
		{"insecure_cookie", "InsecureCookie", boolean(func(o *coatcheck.Options) *bool { return &o.InsecureCookie })},
		{"carrier", "Carrier", carrier},
		{"form_max_bytes", "Form.MaxBytes", size(func(o *coatcheck.Options) *int { return &o.Form.MaxBytes })},
		{"form_multipart", "Form.Multipart", boolean(func(o *coatcheck.Options) *bool { return &o.Form.Multipart })},
		{"cookie.name", "Cookie.Name", text(func(o *coatcheck.Options) *string { return &o.Cookie.Name })},
		{"cookie.domain", "Cookie.Domain", text(func(o *coatcheck.Options) *string { return &o.Cookie.Domain })},
		{"cookie.path", "Cookie.Path", text(func(o *coatcheck.Options) *string { return &o.Cookie.Path })},
		{"cookie.same_site", "Cookie.SameSite", sameSite},
		{"cookie.partitioned", "Cookie.Partitioned", boolean(func(o *coatcheck.Options) *bool { return &o.Cookie.Partitioned })},
		{"cookie.chunks", "Cookie.Chunks", number(func(o *coatcheck.Options) *int { return &o.Cookie.Chunks })},
	}
}

// wrong is the complaint about a value that is of another kind than wanted.
func wrong(n *jsontree.Node, want string) error {
	switch n.Kind {
	case jsontree.String:
		return invalid("it is %q; it must be %s", n.Text, want)
	case jsontree.Number, jsontree.Bool:
		return invalid("it is %s; it must be %s", n.Text, want)
	}
	return invalid("it is %s; it must be %s", n.Kind, want)
}

func text(of func(*coatcheck.Options) *string) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		if n.Kind != jsontree.String || n.Text == "" {
			return wrong(n, "a string with something in it; leave the field out for the default")
		}
		*of(o) = n.Text
		return nil
	}
}

func boolean(of func(*coatcheck.Options) *bool) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		if n.Kind != jsontree.Bool {
			return wrong(n, "true or false")
		}
		*of(o) = n.Text == "true"
		return nil
	}
}

// durationForm is narrower than what package time reads, so that a schema can
// say the same.
var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

const aDuration = `a duration with its units, h, m, s or ms, such as "90s" or "1h30m"`

func duration(of func(*coatcheck.Options) *time.Duration) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		if n.Kind != jsontree.String || !durationForm.MatchString(n.Text) {
			return wrong(n, aDuration)
		}
		d, err := time.ParseDuration(n.Text)
		if err != nil || d < time.Millisecond {
			return wrong(n, "between 1ms and 290 years")
		}
		*of(o) = d
		return nil
	}
}

// timeout is a duration that can be switched off.
func timeout(of func(*coatcheck.Options) *time.Duration) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		switch {
		case n.Kind == jsontree.String && n.Text == "off":
			*of(o) = coatcheck.NoTimeout
			return nil
		case n.Kind != jsontree.String || !durationForm.MatchString(n.Text):
			return wrong(n, aDuration+`, or "off"`)
		}
		return duration(of)(o, n)
	}
}

func number(of func(*coatcheck.Options) *int) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		f, err := strconv.ParseFloat(n.Text, 64)
		if n.Kind != jsontree.Number || err != nil || f < 1 || f > math.MaxInt32 || f != math.Trunc(f) {
			return wrong(n, "a whole number above 0")
		}
		*of(o) = int(f)
		return nil
	}
}

var sizeForm = regexp.MustCompile(`^([1-9][0-9]{0,8})(B|KiB|MiB)$`)

func size(of func(*coatcheck.Options) *int) func(*coatcheck.Options, *jsontree.Node) error {
	return func(o *coatcheck.Options, n *jsontree.Node) error {
		form := sizeForm.FindStringSubmatch(n.Text)
		switch {
		case n.Kind == jsontree.Number:
			return number(of)(o, n)
		case n.Kind != jsontree.String || form == nil:
			return wrong(n, `a number of bytes above 0, or a string with a unit, B, KiB or MiB, such as "64KiB"`)
		}
		bytes, err := strconv.ParseInt(form[1], 10, 64)
		bytes <<= map[string]int{"B": 0, "KiB": 10, "MiB": 20}[form[2]]
		if err != nil || bytes > math.MaxInt32 {
			return wrong(n, "less than 2GiB")
		}
		*of(o) = int(bytes)
		return nil
	}
}

func sameSite(o *coatcheck.Options, n *jsontree.Node) error {
	modes := map[string]http.SameSite{"lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode}
	mode, ok := modes[n.Text]
	if n.Kind != jsontree.String || !ok {
		return wrong(n, `"lax", "strict" or "none"`)
	}
	o.Cookie.SameSite = mode
	return nil
}

// names are the fields on one level: of the file as a whole, or of cookie.
func names(inCookie bool) (all []string) {
	if !inCookie {
		all = []string{storeField, cookieField}
	}
	for _, f := range fields() {
		if name, ok := strings.CutPrefix(f.name, cookieField+"."); ok == inCookie {
			all = append(all, name)
		}
	}
	return all
}
