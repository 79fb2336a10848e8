package redisstore_test

import (
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/redisstore"
)

// framed are runs of the protocol, with the types of the outermost values that
// end in them; "" with an error where there must be one.
var framed = []struct {
	text, whole string
	bad         bool
}{
	{"+OK\r\n-ERR no\r\n:-12\r\n_\r\n#t\r\n,1.5\r\n(123\r\n", "+-:_#,(", false},
	{"$2\r\n\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n%0\r\n", "$$$**%", false},
	{"*3\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n%1\r\n+k\r\n=5\r\ntxt:v\r\n", "*", false},
	{">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+OK\r\n", ">+", false},
	{"*8\r\n" + strings.Repeat(":1\r\n", 7), "", false}, // one is still to come
	{"$268435456\r\n", "", false},
	{"$268435457\r\n", "", true},
	{"$-2\r\n", "", true}, {"%-1\r\n", "", true}, {">-1\r\n", "", true}, {"$-\r\n", "", true}, {"$\r\n", "", true},
	{"$1-1\r\n", "", true}, {"$1\n", "", true}, {"$?\r\n", "", true}, {"$99999999999999999999\r\n", "", true},
	{"*131072\r\n", "", true}, {"%65536\r\n", "", true}, {"*131071\r\n", "", false},
	{"*2\r\n*131069\r\n" + strings.Repeat("_\r\n", 131069) + "*2\r\n", "", true},
	{strings.Repeat("*1\r\n", 8), "", false}, {strings.Repeat("*1\r\n", 9), "", true},
	{"$1\r\nab\r\n", "", true}, {"$1\r\na\n", "", true}, {"+a\n", "", true}, {"+\n", "", true},
	{"_a\r\n", "", true}, {"#\r\n", "", true}, {"#tt\r\n", "", true},
	{"+" + strings.Repeat("a", 64<<10+1), "", true},
	{"HTTP/1.1 200 OK\r\n", "", true}, {"\x15\x03\x01", "", true}, {"|1\r\n", "", true}, {";4\r\n", "", true}, {".\r\n", "", true},
}

func TestFrames(t *testing.T) {
	for _, f := range framed {
		short := f.text[:min(len(f.text), 40)]
		whole, err := redisstore.Frames([]byte(f.text))
		if whole != f.whole || (err != nil) != f.bad {
			t.Errorf("%q: %q, %v; want %q, an error: %v", short, whole, err, f.whole, f.bad)
		}
		pieces := make([][]byte, len(f.text))
		for i := range pieces {
			pieces[i] = []byte{f.text[i]}
		}
		if slowly, err := redisstore.Frames(pieces...); slowly != whole || (err != nil) != f.bad {
			t.Errorf("%q, byte by byte: %q, %v; want %q", short, slowly, err, whole)
		}
	}
}

// FuzzFrames: where a run of bytes is cut makes no difference, and nothing
// panics.
func FuzzFrames(f *testing.F) {
	for _, each := range framed {
		f.Add([]byte(each.text[:min(len(each.text), 1000)]), 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = max(0, min(cut, len(b)))
		one, err1 := redisstore.Frames(b)
		two, err2 := redisstore.Frames(b[:cut], b[cut:])
		if one != two || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q, %v; cut at %d: %q, %v", one, err1, cut, two, err2)
		}
	})
}
