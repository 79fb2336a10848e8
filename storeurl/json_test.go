package storeurl_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

// TestParseJSON: a string, an object and a ring open what they say.
func TestParseJSON(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		fmt.Sprintf(`"hash:%s/a?durability=always"`, dir):                                                                          "hash:",
		fmt.Sprintf(` {"url": "hash:%s/b", "durability": "100ms", "max_sessions": 9e2, "capacity": 10.0, "portable": true} `, dir): "hash:",
		`{"url": "mem:?max_sessions=5", "max_bytes": "1MiB"}`:                                                                      "mem:",
		`{"members": [{"name": "a", "store": "mem:"}]}`:                                                                            "ring:",
	} {
		s, err := mux(t).ParseJSON([]byte(text))
		if err != nil || !strings.HasPrefix(s.String(), want) {
			t.Errorf("%s: %v, %v", text, s, err)
			continue
		}
		store, err := s.Open(t.Context())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		session(t, store)
		if err := storeurl.Close(store); err != nil {
			t.Error(err)
		}
	}
}

// TestParametersInJSON: those beside a URL are the same as those in it.
func TestParametersInJSON(t *testing.T) {
	var got string
	s, err := mux(t, capture(&got)).ParseJSON([]byte(`{"url": "sql://ada@h/d?a=%26", "ssl mode": "x&y=z", "table": "t", "key": "s"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context()); err != nil || got != "sql://ada@h/d?a=%26&ssl+mode=x%26y%3Dz s" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestParseJSONErrors: what is wrong in JSON is said with its place and field.
func TestParseJSONErrors(t *testing.T) {
	member := `{"name": "a", "store": "mem:"}`
	for text, want := range map[string]string{
		``:                                    "1:1: unexpected end of JSON input",
		"{\"url\": \"mem:\",\n}":              "2:1: invalid character '}'",
		`"mem:" x`:                            "1:8: invalid character 'x' after top-level value",
		`{"url": "mem:", "url": "mem:"}`:      `1:17: "url" stands twice in one object`,
		`7`:                                   "1:1: it is a number; it must be a URL or an object",
		`{"uri": "mem:"}`:                     `1:1: the object has no "url", and no "members" as a ring has`,
		`{"url": 7}`:                          "1:9: url: it is a number; it must be a string",
		`"nil:"`:                              `1:1: "nil:": there is no store "nil"; what works is`,
		`"hash:a?capacity=x"`:                 `1:1: "hash:a": capacity: it is "x"; it must be a whole number above 0`,
		`{"url": "hash:a?capacity=x"}`:        `1:9: url: "hash:a": capacity: it is "x"`,
		`{"url": "hash:a?capacity"}`:          `1:9: url: "hash:a": a parameter is not of the form`,
		`{"url": "hash:a", "capacty": 1}`:     "1:19: capacty: there is no such parameter; capacity is one, all are",
		`{"url": "hash:a", "capacity": 1.5}`:  `1:31: capacity: it is "1.5"; it must be a whole number above 0`,
		`{"url": "hash:a", "capacity": null}`: "1:31: capacity: it is null; it must be a string, a number or a boolean",
		`{"url": "hash:a?capacity=1", "capacity": 2}`: "1:30: capacity: it is in the URL, too",
		`{"url": "mem:", "snapshot_interval": "1m"}`:  "1:38: snapshot_interval: there is no snapshot without snapshot=FILE",
		`{"members": 7}`:                                                            "1:13: members: it is a number; it must be an array of members",
		`{"members": []}`:                                                           "1:1: ring:",
		`{"members": [7]}`:                                                          `1:14: members[0]: it is a number; it must be an object such as {"name"`,
		`{"members": [{"store": "mem:"}]}`:                                          "1:14: members[0].name: it is missing",
		`{"members": [{"name": "a"}]}`:                                              "1:14: members[0].store: it is missing",
		`{"members": [{"name": 7, "store": "mem:"}]}`:                               "1:23: members[0].name: it is a number; it must be a string",
		`{"members": [{"name": "a", "weight": "2"}]}`:                               "1:38: members[0].weight: it is a string; it must be a number above 0",
		`{"members": [{"name": "a", "weight": 0}]}`:                                 "1:38: members[0].weight: it is 0; it must be a number above 0",
		`{"members": [{"name": "a", "standby": 1}]}`:                                "1:39: members[0].standby: it is a number; it must be true or false",
		`{"members": [{"name": "a", "wait": 1}]}`:                                   "1:28: members[0].wait: there is no such field",
		`{"members": [{"name": "a", "store": 7}]}`:                                  "1:37: members[0].store: it is a number; it must be a URL or an object",
		`{"members": [{"name": "a", "store": "ring:a.json"}]}`:                      "1:37: members[0].store: a ring cannot be a member of a ring",
		`{"members": [{"name": "a", "store": {"members": []}}]}`:                    "1:37: members[0].store: a ring cannot be a member of a ring",
		`{"members": [{"name": "a", "store": {"url": "hash:b", "durability": 7}}]}`: `1:69: members[0].store.durability: it is "7"`,
		`{"members": [` + member + `,` + member + `]}`:                              `1:45: members[1].name: two members are called "a"; give each a name of its own`,
		`{"members": [` + member + `], "former": [` + member + `]}`:                 `1:58: former[0].store: leave it out: the member "a" has one already`,
		`{"members": [` + member + `], "former": [{"name": "b"}]}`:                  "1:58: former[0].store: it is missing",
		`{"members": [` + member + `], "policy": "failover"}`:                       "1:57: policy: ring:",
		`{"members": [` + member + `], "policy": "fial"}`:                           `1:57: policy: it is "fial"; it must be "fail" or "failover"`,
		`{"members": [` + member + `], "policy": true}`:                             "1:57: policy: it is a boolean; it must be a string",
		`{"members": [` + member + `], "polizy": "fail"}`:                           "1:47: polizy: there is no such field; policy is one",
		`{"members": [` + member + `], "overlap": "1ms"}`:                           "1:58: overlap: ring:",
		`{"members": [` + member + `], "ketama_hash": "md5"}`:                       `1:47: ketama_hash: it is for the layout "ketama" only`,
		`{"members": [` + member + `], "url": "mem:"}`:                              `1:1: the object has a "url" and "members"`,
	} {
		s, err := mux(t).ParseJSON([]byte(text))
		bad := (*storeurl.Error)(nil)
		if s != nil || !errors.As(err, &bad) || !errors.Is(err, coatcheck.ErrInvalid) || !strings.HasPrefix(err.Error(), "storeurl: "+want) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}

// ringFile writes a file for "ring:" and returns its URL.
func ringFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ring.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "ring:" + name
}

// TestRingFile: a file's members get their shares, and closing the ring closes
// them.
func TestRingFile(t *testing.T) {
	dir := t.TempDir()
	url := ringFile(t, fmt.Sprintf(`{
		"policy": "failover", "member_timeout": "2s", "overlap": "5m",
		"members": [
			{"name": "a", "weight": 15, "store": "hash:%[1]s/a"},
			{"name": "b", "weight": 20, "store": {"url": "hash:%[1]s/b", "durability": "always"}},
			{"name": "c", "standby": true, "store": "mem:"},
			{"name": "e", "store": "mem:"}
		],
		"former": [{"name": "a"}, {"name": "d", "store": "mem:"}]
	}`, dir))
	store, err := storeurl.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := store.(*storeurl.Ring)
	if !ok {
		t.Fatalf("it is a %T", store)
	}
	var got []string
	for _, m := range r.Members() {
		got = append(got, fmt.Sprint(m.Name, " ", m.Weight, " ", m.Standby))
	}
	if want := "a 15 false,b 20 false,c 0 true,e 1 false"; strings.Join(got, ",") != want {
		t.Errorf("members %q, want %q", got, want)
	}
	session(t, store)
	members := r.Members()
	if err := storeurl.Close(store); err != nil {
		t.Error(err)
	}
	if _, err := r.Load(t.Context(), coatcheck.ID{}); !errors.Is(err, coatcheck.ErrClosed) {
		t.Errorf("the ring is open: %v", err)
	}
	for _, m := range members {
		if _, err := m.Store.Load(t.Context(), coatcheck.ID{}); !errors.Is(err, coatcheck.ErrClosed) {
			t.Errorf("member %s is open: %v", m.Name, err)
		}
	}
}

// TestKetamaRing: the layout and its settings are those of package ring.
func TestKetamaRing(t *testing.T) {
	// With 25 equal members, the kinds of continuum round in different ways.
	var list []string
	for i := range 25 {
		list = append(list, fmt.Sprintf(`{"name": "m%d", "store": "far:"}`, i))
	}
	members := `"members": [` + strings.Join(list, ", ") + `]`
	far := storeurl.Scheme{Name: "far", Open: func(context.Context, *storeurl.Request) (coatcheck.Store, error) {
		return &struct{ coatcheck.Store }{}, nil // nobody calls it
	}}
	shares := func(extra string) (homes string) {
		s, err := mux(t, far).ParseJSON([]byte(`{` + members + extra + `}`))
		if err != nil {
			t.Fatal(err)
		}
		store, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer storeurl.Close(store)
		for i := range 250 {
			homes += store.(*storeurl.Ring).Locate(coatcheck.ID{byte(i), byte(i >> 8)})[0]
		}
		return homes
	}
	seen := map[string]string{}
	for _, extra := range []string{
		``, `, "layout": "ketama"`, `, "layout": "ketama", "ketama_hash": "fnv1a_64"`,
		`, "layout": "ketama", "ketama_continuum": "libketama"`, `, "layout": "ketama", "ketama_prefix": "coatcheck:"`,
	} {
		homes := shares(extra)
		if other, twice := seen[homes]; twice {
			t.Errorf("%q places sessions as %q does", extra, other)
		}
		seen[homes] = extra
	}
	if shares(`, "layout": "ketama", "ketama_hash": "md5", "ketama_continuum": "twemproxy"`) != shares(`, "layout": "ketama"`) {
		t.Error("the defaults of ketama are not what they are")
	}
	if shares(`, "layout": "rendezvous", "policy": "fail"`) != shares("") {
		t.Error("the defaults are not what they are")
	}
}

// TestRingThatCannotOpen: no member stays open, and the error says which one it
// is, and where.
func TestRingThatCannotOpen(t *testing.T) {
	dir := t.TempDir()
	url := ringFile(t, fmt.Sprintf("{\"members\": [\n\t{\"name\": \"a\", \"store\": \"mem:?snapshot=%[1]s/a\"},\n\t{\"name\": \"b\", \"store\": \"hash:%[1]s/no/such\"}]}", dir))
	_, err := storeurl.Open(t.Context(), url)
	if err == nil || !strings.Contains(err.Error(), `ring.json:3:2: member "b": hashstore: open `) {
		t.Errorf("%v", err)
	}
	store, err := storeurl.Open(t.Context(), "mem:?snapshot="+dir+"/a") // which one store at a time may have
	if err != nil {
		t.Fatalf("member a is still open: %v", err)
	}
	if err := storeurl.Close(store); err != nil {
		t.Error(err)
	}
}

// TestMembers: they are told without being opened, with those that were, each to
// be opened by itself.
func TestMembers(t *testing.T) {
	text := `{"members": [{"name": "a", "store": "mem:"}, {"name": "b", "store": "hash:/no/such"}],
		"former": [{"name": "a"}, {"name": "c", "store": "mem:"}]}`
	inText, err := mux(t).ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	inFile, err := mux(t).Parse(ringFile(t, text))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*storeurl.Source{inText, inFile} {
		members, err := s.Members()
		var got []string
		for _, m := range members {
			got = append(got, fmt.Sprint(m.Name, " ", m.Source, " ", m.Former))
		}
		if want := "a mem: false,b hash:/no/such false,c mem: true"; strings.Join(got, ",") != want || err != nil {
			t.Errorf("members %q, %v, want %q", got, err, want)
			continue
		}
		store, err := members[0].Source.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		session(t, store)
	}
	for url, bad := range map[string]bool{"mem:": false, "ring:/no/such": true, ringFile(t, "{}"): true} {
		s, err := mux(t).Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		if members, err := s.Members(); len(members) > 0 || (err != nil) != bad {
			t.Errorf("%s: %v, %v", url, members, err)
		}
	}
}

// TestRingFileErrors: they name the file.
func TestRingFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "ring.json:1:1: unexpected end",
		`"mem:"`:                           "ring.json:1:1: it is a string; it must be an object",
		`{}`:                               "ring.json:1:1: members: they are missing",
		`{"members": [{"nam": "a"}]}`:      "ring.json:1:15: members[0].nam: there is no such field; name is one",
		`{"members": [], "polcy": "fail"}`: "ring.json:1:17: polcy: there is no such field; policy is one",
	} {
		_, err := storeurl.Open(t.Context(), ringFile(t, text))
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// FuzzParseJSON: whatever the text, there is a Source or an *Error with a place
// in the text, and no file is touched.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`"mem:"`))
	f.Add([]byte(`{"url": "hash:a", "durability": "always"}`))
	f.Add([]byte(`{"members": [{"name": "a", "store": "mem:"}], "former": [{"name": "b", "store": {"url": "file:b"}}]}`))
	f.Add([]byte(`{"members": [{"name": "a", "weight": 1e400}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := mux(t).ParseJSON(text)
		if err == nil {
			_ = s.String()
			return
		}
		bad := (*storeurl.Error)(nil)
		if !errors.As(err, &bad) || bad.Line < 1 || bad.Line > 1+strings.Count(string(text), "\n") || bad.Column < 1 {
			t.Errorf("%q: %v", text, err)
		}
	})
}
