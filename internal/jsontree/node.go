package jsontree

import (
	"bytes"
	"unicode/utf8"
)

// A Kind is a kind of JSON value.
type Kind int

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the kind as sentences name it: "a string".
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// A Node is one value of a text.
type Node struct {
	Kind       Kind
	Start, End int      // its bytes in the text
	Text       string   // a string's text; the literal of null, a boolean or number
	Members    []Member // of an object, in their order
	Items      []*Node  // of an array
}

// A Member is a name of an object with its value.
type Member struct {
	Name  string
	At    int // where the name stands
	Value *Node
}

// Member returns the value of a name of an object, nil if there is none.
func (n *Node) Member(name string) *Node {
	for _, m := range n.Members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Position returns the line and the column, in characters, of a place in a
// text, both counted from 1.
func Position(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])
}
