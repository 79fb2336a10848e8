package config

import (
	"log/slog"
	"regexp"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/jsontree"
)

// A document is a file that was read.
type document struct {
	file string
	text []byte
	root *jsontree.Node
}

// fault is an error about a place in the file.
func (d *document) fault(offset int, field string, err error) error {
	e := &Error{File: d.file, Field: field, Err: err}
	e.Line, e.Column = jsontree.Position(d.text, offset)
	return e
}

// place returns where the value of a field stands, such as that of
// "cookie.name"; of one that is not there, where what it belongs to does.
func (d *document) place(name string) int {
	n := d.root
	for part := range strings.SplitSeq(name, ".") {
		inner := n.Member(part)
		if inner == nil {
			break
		}
		n = inner
	}
	return n.Start
}

// nothing is a store that nobody calls. It claims to do everything: whether the
// real one does is found out when that is opened.
type nothing struct{ coatcheck.Store }

// Capabilities says so.
func (nothing) Capabilities() coatcheck.Capabilities {
	return coatcheck.Capabilities{List: true, Owners: true}
}

// check finds contradictions by making a manager with the options.
func (c *Config) check() error {
	o := c.Options
	o.Logger = slog.New(slog.DiscardHandler)
	var store coatcheck.Store = nothing{}
	switch {
	case c.keys != "":
		o.AnonymousSealer = nothingSealed{}
	case o.Cookie.Chunks > 1 && o.AnonymousSealer == nil:
		store = nothingSealed{} // only Open knows
	}
	m, err := coatcheck.New(store, &o)
	if err != nil {
		return c.doc.contradiction(err)
	}
	return m.Close()
}

// optionName finds the option that an error of package coatcheck is about.
var optionName = regexp.MustCompile(`Options\.((?:(?:Cookie|Flood|Form)\.)?[A-Z][A-Za-z]*) `)

// contradiction makes what package coatcheck says about the options an error
// about the file.
func (d *document) contradiction(err error) error {
	text := err.Error()
	at := optionName.FindStringSubmatchIndex(text)
	if at == nil {
		return d.fault(d.root.Start, "", complaint{err})
	}
	option, reason := text[at[2]:at[3]], inJSON(text[at[1]:])
	for _, f := range fields() {
		if f.option == option {
			return d.fault(d.place(f.name), f.name, invalid("%s", reason))
		}
	}
	if option == "AnonymousSealer" {
		return d.fault(d.place(anonymousField), anonymousField, invalid("%s", reason))
	}
	if option == "Cookie" {
		return d.fault(d.place(cookieField), cookieField, invalid("%s", reason))
	}
	return d.fault(d.root.Start, "", invalid("%s: %s", option, reason)) // one that only code can set
}

// goNames finds quoted text, and the names of package coatcheck outside it.
var goNames = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b(?:(?:Cookie|Flood|Form)\.)?[A-Z][A-Za-z]*\b`)

// leftOut puts into words of a file what an option says about its zero value,
// which no field can have.
var leftOut = strings.NewReplacer(
	"leave it 0", "leave it out", "leave this 0", "leave this out", "leave it unset", "leave it out", "leave them unset", "leave them out",
	" 0 for ", " left out for ",
)

// inJSON puts the names of fields into the place of Go's, and makes a sentence
// of what followed an option's name.
func inJSON(reason string) string {
	byOption := map[string]string{"NoTimeout": `"off"`, "NoPromotion": `"off"`, "AnonymousSealer": anonymousField}
	for _, f := range fields() {
		byOption[f.option] = f.name
	}
	reason = goNames.ReplaceAllStringFunc(reason, func(s string) string {
		if name, ok := byOption[s]; ok {
			return name
		}
		return s
	})
	reason = leftOut.Replace(reason)
	if 'a' <= reason[0] && reason[0] <= 'z' {
		return "it " + reason
	}
	return reason
}
