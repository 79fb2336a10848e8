package intake_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/intake"
)

const (
	token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	id    = "70210e26a520c7c307854d6c0cf9593abf295d28161f965805bdabb76070240c"
)

func TestRead(t *testing.T) {
	in := intake.NewReader(strings.NewReader("\n# no\n"+token+" {}\n\n "+strings.ToUpper(id)+"\t {\"a\": 1} \r\n"), false)
	s, err := in.Read()
	if err != nil || s.Line != 3 || string(s.Token) != token || !s.ID.IsZero() || string(s.Data) != "{}" {
		t.Errorf("the first is %+v, %v", s, err)
	}
	s, err = in.Read()
	if err != nil || s.Line != 5 || s.Token != "" || s.ID.String() != id || string(s.Data) != `{"a": 1}` {
		t.Errorf("the second is %+v, %v", s, err)
	}
	for range 2 {
		if _, err := in.Read(); err != io.EOF {
			t.Errorf("behind the end: %v", err)
		}
	}
}

// TestForeign: a foreign key becomes a token of our form, and always the same.
func TestForeign(t *testing.T) {
	s, err := intake.NewReader(strings.NewReader("old1 {}"), true).Read()
	if err != nil || s.Token != intake.ForeignToken("old1") {
		t.Fatal(err)
	}
	if _, err := coatcheck.ParseToken(string(s.Token)); err != nil {
		t.Error(err)
	}
	// printf old1 | openssl dgst -sha256 -binary | base64
	if want := "hyc3roEhvBuYTvy9X3kx04IjJjUaMFGKAYxMUCuVxTM"; string(s.Token) != want {
		t.Errorf("the token is %s, want %s", string(s.Token), want)
	}
}

// TestLongLine: a line that nobody needs ends the work, and takes no memory.
func TestLongLine(t *testing.T) {
	in := intake.NewReader(io.MultiReader(strings.NewReader("ok {}\nlong {"), endless{}), true)
	if _, err := in.Read(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Read(); err == nil || !strings.Contains(err.Error(), "line 2: it is longer than 16 MiB") {
		t.Errorf("an endless line: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestOwner(t *testing.T) {
	for data, want := range map[string]string{
		`{"u":"ada"}`: "ada", `{"u": 42}`: "42", `{"u":-1}`: "-1", `{"u":null}`: "", `{}`: "", `{"u":"\u00e9"}`: "é",
	} {
		if got, err := intake.Owner([]byte(data), "u"); got != want || err != nil {
			t.Errorf("%s: %q, %v", data, got, err)
		}
	}
	for _, data := range []string{`{"u":true}`, `{"u":[1]}`, `{"u":{}}`, `x`} {
		if got, err := intake.Owner([]byte(data), "u"); err == nil {
			t.Errorf("%s: the owner is %q", data, got)
		}
	}
}

// FuzzRead: whatever comes in, what comes out is a JSON object under a sound
// key, and errors do not tell the key.
func FuzzRead(f *testing.F) {
	f.Add(token+` {"a":1}`, false)
	f.Add(id+"\t{}", false)
	f.Add("old1 {}\nbad", true)
	f.Add("\x00 {", true)
	f.Fuzz(func(t *testing.T, text string, foreign bool) {
		in := intake.NewReader(strings.NewReader(text), foreign)
		for {
			s, err := in.Read()
			if err != nil {
				return
			}
			var object map[string]json.RawMessage
			if err := json.Unmarshal(s.Data, &object); err != nil {
				t.Errorf("%q has the values %q: %v", text, s.Data, err)
			}
			if s.ID.IsZero() == (s.Token == "") && !s.ID.IsZero() {
				t.Errorf("%q has neither one key nor the other", text)
			}
			if s.Token != "" {
				if _, err := coatcheck.ParseToken(string(s.Token)); err != nil {
					t.Errorf("%q: %v", text, err)
				}
			}
		}
	})
}
