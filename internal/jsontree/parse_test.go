package jsontree_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/internal/jsontree"
)

func TestParse(t *testing.T) {
	text := []byte("{\n  \"a\" : [1, true,null, \"ü\\n\"],\n\t\"ö\": {\"b\":-1.5e3}, \"c\" :\n{} }\n")
	n, err := jsontree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	a, b := n.Member("a"), n.Member("ö").Member("b")
	for _, c := range []struct {
		n            *jsontree.Node
		kind         jsontree.Kind
		source, text string
		line, column int
	}{
		{a.Items[0], jsontree.Number, "1", "1", 2, 10},
		{a.Items[1], jsontree.Bool, "true", "true", 2, 13},
		{a.Items[2], jsontree.Null, "null", "null", 2, 18},
		{a.Items[3], jsontree.String, `"ü\n"`, "ü\n", 2, 24},
		{b, jsontree.Number, "-1.5e3", "-1.5e3", 3, 12},
		{n.Member("c"), jsontree.Object, "{}", "", 4, 1},
	} {
		line, column := jsontree.Position(text, c.n.Start)
		if c.n.Kind != c.kind || string(text[c.n.Start:c.n.End]) != c.source || c.n.Text != c.text || line != c.line || column != c.column {
			t.Errorf("%s: %v %q at %d:%d", c.source, c.n.Kind, text[c.n.Start:c.n.End], line, column)
		}
	}
	if at := n.Members[1].At; string(text[at:at+4]) != `"ö"` {
		t.Errorf("the second name is at %q", text[at:])
	}
	if n.Member("d") != nil {
		t.Error("there is a member d")
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "unexpected end",
		"  ":                                   "unexpected end",
		"{\"a\" 1}":                            "1:6: invalid character '1' after object key",
		"{\"a\":1,\n}":                         "2:1: invalid character '}'",
		"{\"a\":1}\n x":                        "2:2: invalid character 'x' after top-level value",
		"{\"a\":1,\"b\":{\"a\":2},\n \"a\":3}": "2:2: \"a\" stands twice",
		"[1,2":                                 "1:5: unexpected end",
		"\ufeff{}":                             "1:1: it begins with a byte order mark",
		"\"\xff\"":                             "1:2: there is a byte that is no UTF-8",
		strings.Repeat("[", 20_000):            "exceeded max depth",
	} {
		_, err := jsontree.Parse([]byte(text))
		var e *jsontree.Error
		if !errors.As(err, &e) {
			t.Errorf("%.20q: %v", text, err)
			continue
		}
		line, column := jsontree.Position([]byte(text), e.Offset)
		place := string(rune('0'+line)) + ":" + string(rune('0'+column)) + ": "
		if got := place + e.Text; !strings.Contains(got, want) {
			t.Errorf("%.20q: %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: the tree says the same as package encoding/json does.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b": null}], "c": "\u00e4"}`))
	f.Add([]byte("[] x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := jsontree.Parse(text)
		if err != nil {
			if e := (*jsontree.Error)(nil); !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
				t.Errorf("%v at %d of %d", err, e.Offset, len(text))
			}
			return
		}
		check(t, text, n)
	})
}

// check compares a node, and all below it, with what package json makes of its
// bytes.
func check(t *testing.T, text []byte, n *jsontree.Node) {
	var want any
	if err := json.Unmarshal(text[n.Start:n.End], &want); err != nil && n.Kind != jsontree.Number {
		t.Fatalf("%q: %v", text[n.Start:n.End], err)
	}
	switch v := want.(type) {
	case string:
		if n.Kind != jsontree.String || n.Text != v {
			t.Errorf("%q: %v %q", v, n.Kind, n.Text)
		}
	case map[string]any:
		if n.Kind != jsontree.Object || len(n.Members) != len(v) {
			t.Errorf("%d members instead of %d", len(n.Members), len(v))
		}
	case []any:
		if n.Kind != jsontree.Array || len(n.Items) != len(v) {
			t.Errorf("%d items instead of %d", len(n.Items), len(v))
		}
	}
	for _, m := range n.Members {
		check(t, text, m.Value)
	}
	for _, item := range n.Items {
		check(t, text, item)
	}
}
