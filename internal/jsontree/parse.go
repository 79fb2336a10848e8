// Package jsontree reads JSON for settings: into a tree that knows where
// everything stands, so that whoever complains about a value can say where it
// is.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error says what is wrong with a text, and where.
type Error struct {
	Offset int    // bytes before the place
	Text   string // what is wrong there
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Parse reads one JSON value with nothing but space around it. An object that
// has a name twice is an error. Every error is an [*Error].
func Parse(text []byte) (*Node, error) {
	if !utf8.Valid(text) {
		return nil, &Error{invalidAt(text), "there is a byte that is no UTF-8"}
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		return nil, &Error{0, "it begins with a byte order mark, which JSON has not: save it as UTF-8 without one"}
	}
	var all json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, syntaxError(err, text)
	}
	p := parser{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	n := p.value()
	if p.twice != nil {
		return nil, p.twice
	}
	return n, nil
}

// invalidAt returns how many bytes precede the first that is no UTF-8.
func invalidAt(text []byte) (n int) {
	for n < len(text) {
		r, size := utf8.DecodeRune(text[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// syntaxError translates what package json says about a text.
func syntaxError(err error, text []byte) *Error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &Error{0, err.Error()}
	}
	at := int(syntax.Offset) - 1 // it counts the character that is wrong
	if strings.HasPrefix(syntax.Error(), "unexpected end") {
		at = len(bytes.TrimRight(text, " \t\r\n"))
	}
	return &Error{min(max(at, 0), len(text)), syntax.Error()}
}

// A parser builds the tree of a text that is known to be valid.
type parser struct {
	text  []byte
	dec   *json.Decoder
	twice *Error // the first name that stands twice in one object
}

// token returns the next token and where it begins.
func (p *parser) token() (json.Token, int) {
	at := int(p.dec.InputOffset())
	for at < len(p.text) && bytes.IndexByte([]byte(" \t\r\n,:"), p.text[at]) >= 0 {
		at++
	}
	tok, err := p.dec.Token()
	if err != nil {
		panic(fmt.Sprintf("jsontree: valid JSON is not: %v", err))
	}
	return tok, at
}

// value reads a value that is not the end of an object or array.
func (p *parser) value() *Node {
	tok, at := p.token()
	n := &Node{Start: at}
	switch v := tok.(type) {
	case nil:
		n.Kind, n.Text = Null, "null"
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(v)
	case json.Number:
		n.Kind, n.Text = Number, v.String()
	case string:
		n.Kind, n.Text = String, v
	case json.Delim:
		if v == '{' {
			p.object(n)
		} else {
			p.array(n)
		}
	}
	n.End = int(p.dec.InputOffset())
	return n
}

func (p *parser) object(n *Node) {
	n.Kind = Object
	seen := map[string]bool{}
	for p.dec.More() {
		tok, at := p.token()
		name := tok.(string)
		if seen[name] && p.twice == nil {
			p.twice = &Error{at, fmt.Sprintf("%q stands twice in one object", name)}
		}
		seen[name] = true
		n.Members = append(n.Members, Member{name, at, p.value()})
	}
	p.token()
}

func (p *parser) array(n *Node) {
	n.Kind = Array
	for p.dec.More() {
		n.Items = append(n.Items, p.value())
	}
	p.token()
}
