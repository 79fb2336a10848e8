package coatcheck_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"testing/quick"

	"github.com/coatcheck/coatcheck"
)

// fastEncodes checks that the short cut writes what encoding/json writes, and
// reads it back.
func fastEncodes[T comparable](t *testing.T, v T) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := coatcheck.EncodeFast(v)
	if !ok || !bytes.Equal(got, want) {
		t.Fatalf("%T %v becomes %s, by encoding/json %s", v, v, got, want)
	}
	fuzzFastAs[T](t, got)
}

// Strings of every character, alone and among others, are written as
// encoding/json writes them.
func TestFastEncodeString(t *testing.T) {
	for r := range rune(0x3000) {
		fastEncodes(t, string(r))
	}
	for b := range 256 {
		fastEncodes(t, "plain "+string([]byte{byte(b)})+" plain")
	}
	for _, s := range []string{"", "\u2028\u2029", "\ufffd", "\xed\xa0\x80", "😀", strings.Repeat("x", 10_000), "ends in \xe2\x82"} {
		fastEncodes(t, s)
	}
	if err := quick.Check(func(s string) bool { fastEncodes(t, s); return true }, nil); err != nil {
		t.Error(err)
	}
}

func TestFastEncodeNumbersAndBooleans(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 9, 10, math.MaxInt32, math.MinInt32, 999_999_999_999_999_999, math.MaxInt64, math.MinInt64} {
		fastEncodes(t, n)
		fastEncodes(t, int(n))
	}
	fastEncodes(t, true)
	fastEncodes(t, false)
	if err := quick.Check(func(n int64) bool { fastEncodes(t, n); return true }, nil); err != nil {
		t.Error(err)
	}
}

// A type that only looks like one of the common ones may have methods of its
// own: encoding/json writes it.
func TestFastLeavesOtherTypesAlone(t *testing.T) {
	type name string
	if _, ok := coatcheck.EncodeFast(name("coat")); ok {
		t.Error("a named string takes the short cut")
	}
	if _, ok := coatcheck.DecodeFast[json.Number]([]byte(`7`)); ok {
		t.Error("a json.Number takes the short cut")
	}
	if _, ok := coatcheck.EncodeFast(1.5); ok {
		t.Error("a float takes the short cut")
	}
}

// What the short cut of decoding is not sure of, it leaves to encoding/json;
// the usual forms it does read.
func TestFastDecode(t *testing.T) {
	for _, raw := range []string{
		`"plain"`, `""`, `"\n"`, `"<"`, `"` + "\xff" + `"`, `"` + "\x1f" + `"`, `"é"`, `"`, `x`, `"a"b"`,
		`0`, `-0`, `00`, `-`, `+1`, `1.0`, `1e3`, `123456789012345678`, `1234567890123456789`, ` 1`, `1 `,
		`true`, `false`, `True`, `null`, ``, `[]`, `{}`,
	} {
		fuzzFast(t, []byte(raw))
	}
	if s, ok := coatcheck.DecodeFast[string]([]byte(`"grüße"`)); !ok || s != "grüße" {
		t.Error("a plain string takes the long way")
	}
	if n, ok := coatcheck.DecodeFast[int]([]byte(`-42`)); !ok || n != -42 {
		t.Error("a plain number takes the long way")
	}
	if b, ok := coatcheck.DecodeFast[bool]([]byte(`true`)); !ok || !b {
		t.Error("a boolean takes the long way")
	}
}
