package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

// A node is a part of the schema.
type node struct {
	Properties    map[string]node `json:"properties"`
	Defs          map[string]node `json:"$defs"`
	PropertyNames struct {
		Enum []string `json:"enum"`
	} `json:"propertyNames"`
	AllOf []node `json:"allOf"`
	If    *node  `json:"if"`
	Then  *node  `json:"then"`

	Pattern     string   `json:"pattern"`
	Enum        []string `json:"enum"`
	Description string   `json:"description"`
}

func schema(t *testing.T) (root node) {
	t.Helper()
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// TestSchemaIsTheFile: what Schema returns is what is published.
func TestSchemaIsTheFile(t *testing.T) {
	file, err := os.ReadFile("schema.json")
	if err != nil || string(file) != string(config.Schema()) {
		t.Errorf("they differ, %v", err)
	}
	config.Schema()[0] = 'x'
	if config.Schema()[0] != '{' {
		t.Error("callers share its bytes")
	}
}

// TestSchemaHasTheFields: each field that the loader knows is in the schema, and
// none besides.
func TestSchemaHasTheFields(t *testing.T) {
	root := schema(t)
	top, cookie := []string{"$schema", "store", "cookie"}, []string(nil)
	for name := range config.Fields() {
		if inner, ok := strings.CutPrefix(name, "cookie."); ok {
			cookie = append(cookie, inner)
		} else {
			top = append(top, name)
		}
	}
	same(t, "the file", root.Properties, top)
	same(t, "cookie", root.Properties["cookie"].Properties, cookie)
	same(t, "a ring", root.Defs["ring"].Properties, known(t, `{"store": {"x": 1, "members": []}}`))
	same(t, "a member", root.Defs["member"].Properties, known(t, `{"store": {"members": [{"x": 1}]}}`))
	for _, part := range []node{root, root.Properties["cookie"], root.Defs["ring"], root.Defs["member"]} {
		for name, p := range part.Properties {
			if p.Description == "" && name != "store" {
				t.Errorf("%s has no description", name)
			}
		}
	}
}

// same compares the properties of a part of the schema with the loader's.
func same(t *testing.T, what string, properties map[string]node, want []string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(properties))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the schema has %q, the loader %q", what, got, want)
	}
}

// known returns the fields that an error about an unknown one names.
func known(t *testing.T, text string) []string {
	t.Helper()
	_, err := config.Parse("app.json", []byte(text), nil)
	if err == nil {
		t.Fatalf("%s has nothing wrong", text)
	}
	_, list, ok := strings.Cut(err.Error(), "all are ")
	if !ok {
		t.Fatal(err)
	}
	return strings.FieldsFunc(strings.ReplaceAll(list, " and ", ", "), func(r rune) bool { return r == ',' || r == ' ' })
}

// TestSchemaHasTheParameters: those of each built-in scheme, and none besides.
func TestSchemaHasTheParameters(t *testing.T) {
	mux, err := storeurl.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	schemes := map[string][]string{}
	for _, s := range mux.Schemes() {
		names := []string{"url"}
		for _, p := range s.Params {
			names = append(names, p.Name)
		}
		schemes["^"+s.Name+":"] = names
	}
	for _, rule := range schema(t).Defs["single"].AllOf {
		pattern := rule.If.Properties["url"].Pattern
		if got, want := rule.Then.PropertyNames.Enum, schemes[pattern]; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: the schema has %q, the loader %q", pattern, got, want)
		}
		delete(schemes, pattern)
	}
	for pattern := range schemes {
		t.Errorf("the schema has no parameters for %s", pattern)
	}
}

// TestSchemaHasTheChoices: where the schema lists words, the loader takes those,
// and says the same when it is given another.
func TestSchemaHasTheChoices(t *testing.T) {
	root := schema(t)
	members := `"members": [{"name": "a", "store": "mem:"}, {"name": "b", "store": "mem:"}], "layout": "ketama"`
	for format, words := range map[string][]string{
		`{"store": "mem:", "cookie": {"same_site": %q}}`:                         root.Properties["cookie"].Properties["same_site"].Enum,
		`{"store": {` + members + `, "policy": %q}}`:                             root.Defs["ring"].Properties["policy"].Enum,
		`{"store": {"members": [{"name": "a", "store": "mem:"}], "layout": %q}}`: root.Defs["ring"].Properties["layout"].Enum,
		`{"store": {` + members + `, "ketama_hash": %q}}`:                        root.Defs["ring"].Properties["ketama_hash"].Enum,
		`{"store": {` + members + `, "ketama_continuum": %q}}`:                   root.Defs["ring"].Properties["ketama_continuum"].Enum,
	} {
		for _, word := range words {
			parse(t, fmt.Sprintf(format, word))
		}
		_, err := config.Parse("app.json", fmt.Appendf(nil, format, "other"), nil)
		if err == nil {
			t.Errorf("%s: another word is taken", format)
			continue
		}
		_, list, _ := strings.Cut(err.Error(), "must be ")
		var got []string
		for _, m := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(list, -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, words) {
			t.Errorf("%s: the schema has %q, the loader %q", format, words, got)
		}
	}
}

// TestSchemaHasTheDefaults: the descriptions name those of package coatcheck.
func TestSchemaHasTheDefaults(t *testing.T) {
	for name, want := range map[string]string{
		"name": "id", "idle_timeout": "30m", "absolute_timeout": "12h", "anonymous_idle_timeout": "30m", "anonymous_absolute_timeout": "2h",
		"store_timeout": "2s", "sweep_interval": "10m", "poll_interval": "5s", "max_bytes": "64KiB", "max_keys": "1024",
	} {
		if text := schema(t).Properties[name].Description; !strings.Contains(text, "Default: "+want) {
			t.Errorf("%s: %q", name, text)
		}
	}
}
