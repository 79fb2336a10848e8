package load_test

import (
	"testing"

	"github.com/coatcheck/coatcheck/bench/load"
)

func TestJar(t *testing.T) {
	var j load.Jar
	for _, step := range []struct{ setCookie, want string }{
		{"a=1; Path=/; HttpOnly", "a=1"},
		{"b=2; Secure; Max-Age=60", "a=1; b=2"},
		{"a=3; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "b=2; a=3"},
		{"no cookie", "b=2; a=3"},
		{"b=; Max-Age=0", "a=3"},
		{"a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""},
	} {
		if j.Put(step.setCookie); j.Header() != step.want {
			t.Fatalf("after %q the jar sends %q, want %q", step.setCookie, j.Header(), step.want)
		}
	}
}
