package storeurl

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"

	"github.com/coatcheck/coatcheck/internal/jsontree"
)

// ParseJSON reads what JSON says about a store: a string with a URL; an object
// with "url" and parameters, whose values are strings, numbers or booleans; or
// an object with "members", which is a ring. It checks all that can be checked
// without touching files or servers. What is wrong is an [*Error] with the place
// in the text.
func (m *Mux) ParseJSON(text []byte) (*Source, error) {
	return m.parseFile("", text, false)
}

// parseFile is ParseJSON for the text of a file. Its errors name the file.
func (m *Mux) parseFile(file string, text []byte, inRing bool) (*Source, error) {
	d := document{m, file, text}
	n, err := jsontree.Parse(text)
	if bad := (*jsontree.Error)(nil); errors.As(err, &bad) {
		return nil, d.fault(bad.Offset, "", bad)
	}
	if inRing {
		return d.ring(n)
	}
	return d.source(n, "")
}

// A document is a JSON text that is being read.
type document struct {
	mux  *Mux
	file string
	text []byte
}

// fault is an error about a place in the text.
func (d *document) fault(offset int, field string, err error) error {
	e := &Error{File: d.file, Field: field, Err: err}
	e.Line, e.Column = jsontree.Position(d.text, offset)
	return e
}

// wrong is the error of a value that is of another kind than wanted.
func (d *document) wrong(n *jsontree.Node, field, want string) error {
	return d.fault(n.Start, field, fmt.Errorf("it is %s; it must be %s", n.Kind, want))
}

// source reads a store. field is where it stands, "" for the whole text.
func (d *document) source(n *jsontree.Node, field string) (*Source, error) {
	switch {
	case n.Kind == jsontree.String:
		s, err := d.mux.Parse(n.Text)
		return s, d.moved(err, n, field)
	case n.Kind != jsontree.Object:
		return nil, d.wrong(n, field, "a URL or an object")
	case n.Member("url") != nil && n.Member("members") != nil:
		return nil, d.fault(n.Start, field, errors.New(`the object has a "url" and "members", which only a ring has`))
	case n.Member("url") != nil:
		return d.object(n, field)
	case n.Member("members") != nil && field != "":
		return nil, d.fault(n.Start, field, errors.New("a ring cannot be a member of a ring: list its members instead"))
	case n.Member("members") != nil:
		return d.ring(n)
	}
	return nil, d.fault(n.Start, field, errors.New(`the object has no "url", and no "members" as a ring has`))
}

// moved makes an error about a URL one about its place in the text, nil of nil.
func (d *document) moved(err error, n *jsontree.Node, field string) error {
	bad := (*Error)(nil)
	if !errors.As(err, &bad) {
		return err
	}
	at := n.Start
	if bad.Field != "" && n.Kind == jsontree.Object {
		if m := n.Member(bad.Field); m != nil {
			at = m.Start
		}
		field = join(field, bad.Field)
		return d.fault(at, field, bad.Err)
	}
	text := bad.Err
	if bad.Field != "" {
		text = fmt.Errorf("%s: %w", bad.Field, text)
	}
	return d.fault(at, field, fmt.Errorf("%q: %w", bad.URL, text))
}

// join is a field of a field.
func join(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "." + inner
}

// object reads a store that is a URL with parameters beside it.
func (d *document) object(n *jsontree.Node, field string) (*Source, error) {
	at := n.Member("url")
	if at.Kind != jsontree.String {
		return nil, d.wrong(at, join(field, "url"), "a string")
	}
	s, query, err := d.mux.source(at.Text)
	if err != nil {
		return nil, d.moved(err, at, join(field, "url"))
	}
	given, err := splitQuery(query)
	if err == nil {
		err = s.set(given)
	}
	if err != nil {
		return nil, d.moved(asFault(s, err), at, join(field, "url"))
	}
	for _, m := range n.Members {
		if m.Name == "url" {
			continue
		}
		if err := d.param(s, m, field); err != nil {
			return nil, err
		}
	}
	if err := s.check(); err != nil {
		return nil, d.moved(err, n, field)
	}
	return s, nil
}

// asFault makes any error one about the source.
func asFault(s *Source, err error) error {
	if bad := (*Error)(nil); errors.As(err, &bad) {
		return err
	}
	return s.fault("", err)
}

// param takes one parameter from an object.
func (d *document) param(s *Source, m jsontree.Member, field string) error {
	switch m.Value.Kind {
	case jsontree.String, jsontree.Number, jsontree.Bool:
	default:
		return d.wrong(m.Value, join(field, m.Name), "a string, a number or a boolean")
	}
	if s.scheme.param(m.Name) == nil && s.scheme.Others == "" {
		return d.fault(m.At, join(field, m.Name), unknownName("parameter", m.Name, s.scheme.paramNames()))
	}
	if _, twice := s.params[m.Name]; twice {
		return d.fault(m.At, join(field, m.Name), errors.New("it is in the URL, too"))
	}
	value := m.Value.Text
	if m.Value.Kind == jsontree.Number {
		value = plainNumber(value)
	}
	raw := url.QueryEscape(m.Name) + "=" + url.QueryEscape(value)
	err := s.set([]setting{{m.Name, value, raw}})
	if bad := (*Error)(nil); errors.As(err, &bad) {
		return d.fault(m.Value.Start, join(field, m.Name), bad.Err)
	}
	return err
}

// plainNumber writes a whole number without a point or an exponent, as in a
// URL, and leaves any other as it is.
func plainNumber(text string) string {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return text
}
