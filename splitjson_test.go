package coatcheck_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Data that is no object, or not quite, is refused as a whole.
func TestSplitJSONRefuses(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	long := func(n int) string { return `{"` + strings.Repeat("k", n) + `":1}` }
	for _, c := range []struct {
		name, data string
		ok         bool
	}{
		{"nothing in braces", " {\t} \r\n", true},
		{"spaces everywhere", " { \"a\" : 1 , \"b\" : [ 1 , 2 ] } ", true},
		{"brackets in strings", `{"a":["]","}","\"]"]}`, true},
		{"backslashes before a quote", `{"a":"\\","b":"\\\"","c":"\\\\"}`, true},
		{"deepest value", deep(coatcheck.MaxDepth), true},
		{"too deep a value", deep(coatcheck.MaxDepth + 1), false},
		{"longest key", long(6 * coatcheck.MaxKeyLen), true},
		{"too long a key", long(6*coatcheck.MaxKeyLen + 1), false},
		{"empty", "", false},
		{"space", " ", false},
		{"an array", "[]", false},
		{"a string", `"a"`, false},
		{"no end", `{"a":1`, false},
		{"no end of a string", `{"a":"1}`, false},
		{"no end of an escape", `{"a":"1\"}`, false},
		{"no end of a key", `{"a`, false},
		{"no end of an array", `{"a":[1}`, false},
		{"crossed brackets", `{"a":[{]}}`, false},
		{"no colon", `{"a" 1}`, false},
		{"no value", `{"a":}`, false},
		{"no key", `{:1}`, false},
		{"a bare key", `{a:1}`, false},
		{"a comma too many", `{"a":1,}`, false},
		{"a comma too early", `{,"a":1}`, false},
		{"no comma", `{"a":1 "b":2}`, false},
		{"two objects", `{"a":1}{}`, false},
		{"a byte order mark", "\ufeff{}", false},
		{"a control character in a key", "{\"a\x1f\":1}", false},
		{"a bad escape in a key", `{"\q":1}`, false},
		{"a key twice", `{"a":1,"b":2,"a":3}`, false},
		{"a key twice, once escaped", `{"a":1,"\u0061":3}`, false},
		{"a capital literal", `{"a":TRUE}`, false},
	} {
		if err := new(coatcheck.Fields).SplitJSON([]byte(c.data), 100); (err == nil) != c.ok {
			t.Errorf("%s: %q: %v", c.name, c.data, err)
		}
	}
}

// The number of keys is bounded, and keys that stand twice are found among
// few and among many.
func TestSplitJSONCountsKeys(t *testing.T) {
	object := func(keys int, more string) []byte {
		var b strings.Builder
		for i := range keys {
			fmt.Fprintf(&b, `,"key %d":%d`, i, i)
		}
		return []byte("{" + strings.TrimPrefix(b.String()+more, ",") + "}")
	}
	for _, n := range []int{1, 11, 12, 13, 31, 32, 33, 100, 5000} {
		var f coatcheck.Fields
		if err := f.SplitJSON(object(n, ""), n); err != nil || f.Len() != n {
			t.Errorf("%d keys: found %d, %v", n, f.Len(), err)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			name := fmt.Sprintf("key %d", i)
			if at := f.Find(name); at != i || string(f.Value(i)) != fmt.Sprint(i) {
				t.Errorf("%d keys: %q is found at %d", n, name, at)
			}
		}
		if err := f.SplitJSON(object(n, `,"one more":1`), n); err == nil {
			t.Errorf("%d keys and one more are accepted", n)
		}
		for _, twin := range []string{`,"key 0":1`, fmt.Sprintf(`,"key %d":1`, n-1), `,"\u006bey 0":1`} {
			if err := f.SplitJSON(object(n, twin), n+1); err == nil {
				t.Errorf("%d keys and %s are accepted", n, twin)
			}
		}
	}
}

// A value that is read cannot be appended to into its neighbour.
func TestSplitJSONValuesAreApart(t *testing.T) {
	data := []byte(`{"a":1,"b":2}`)
	var f coatcheck.Fields
	if err := f.SplitJSON(data, 10); err != nil {
		t.Fatal(err)
	}
	_ = append(f.Value(0), "9999"...)
	if string(data) != `{"a":1,"b":2}` {
		t.Errorf("the data became %s", data)
	}
}
