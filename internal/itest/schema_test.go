package itest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/coatcheck/coatcheck/config"
)

// TestSchemaAgreesWithTheLoader: what one of both takes, the other one does: the
// examples, good and bad.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	schema := compile(t)
	for _, verdict := range []string{"valid", "invalid"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "config", "testdata", verdict, "*.json"))
		must(t, err)
		if len(files) < 5 {
			t.Fatalf("only %d files are %s", len(files), verdict)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			_, loads := config.Parse(filepath.Base(file), text, nil)
			fits := validate(t, schema, text)
			if (loads == nil) != (verdict == "valid") || (fits == nil) != (verdict == "valid") {
				t.Errorf("%s, which is %s: the loader says %v, the schema %v", file, verdict, loads, fits)
			}
		}
	}
}

// schemaValues are values for any field.
var schemaValues = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `2.0`, `0.5`, `1e3`, `99999999999`, `""`, `" "`, `"a"`, `"a b"`, `"off"`, `"on"`, `"1"`,
	`"0"`, `"1s"`, `"1.5h"`, `"1h 1m"`, `"500ms"`, `"1us"`, `"-1s"`, `".5s"`, `"1d"`, `"64KiB"`, `"64kB"`, `"1MiB"`, `"01B"`, `"/"`, `"/a;b"`, `"/a,b"`,
	`"/é"`, `"lax"`, `"Lax"`, `"strict"`, `"é"`, `"a=b"`, `"mem:"`, `"hash:a"`, `"ring:a"`, `"ring"`, `":"`, `[]`, `{}`, `{"url": "mem:"}`, `{"url": "mem"}`,
	`{"url": "ring:a"}`, `{"url": "hash:a", "must_exist": true}`, `{"url": "hash:a", "x": 1}`, `{"url": "mem:", "snapshot": {}}`, `{"members": []}`,
}

// looser are the fields of which the schema knows less than the loader: what a
// host name is, and the values of a store's parameters.
var looser = map[string]bool{"cookie.domain": true, "hash.durability": true}

// TestSchemaAgreesOnValues: the same with every value in every field.
func TestSchemaAgreesOnValues(t *testing.T) {
	schema := compile(t)
	for field, form := range map[string]string{
		"$schema": `{"store": "mem:", "$schema": %s}`, "store": `{"store": %s}`, "unknown": `{"store": "mem:", "unknown": %s}`,
		"name": `{"store": "mem:", "name": %s}`, "max_bytes": `{"store": "mem:", "max_bytes": %s}`, "max_keys": `{"store": "mem:", "max_keys": %s}`,
		"idle_timeout": `{"store": "mem:", "idle_timeout": %s, "absolute_timeout": "off"}`, "absolute_timeout": `{"store": "mem:", "absolute_timeout": %s}`,
		"anonymous_idle_timeout":     `{"store": "mem:", "anonymous_idle_timeout": %s, "anonymous_absolute_timeout": "off"}`,
		"anonymous_absolute_timeout": `{"store": "mem:", "anonymous_absolute_timeout": %s}`,
		"store_timeout":              `{"store": "mem:", "store_timeout": %s}`, "poll_interval": `{"store": "mem:", "poll_interval": %s}`, "sweep_interval": `{"store": "mem:", "sweep_interval": %s}`,
		"insecure_cookie": `{"store": "mem:", "insecure_cookie": %s}`, "cookie": `{"store": "mem:", "cookie": %s}`,
		"cookie.name": `{"store": "mem:", "cookie": {"name": %s}}`, "cookie.domain": `{"store": "mem:", "cookie": {"domain": %s}}`,
		"cookie.path": `{"store": "mem:", "cookie": {"path": %s}}`, "cookie.same_site": `{"store": "mem:", "cookie": {"same_site": %s}}`,
		"cookie.partitioned": `{"store": "mem:", "cookie": {"partitioned": %s}}`, "cookie.unknown": `{"store": "mem:", "cookie": {"unknown": %s}}`,
		"members": `{"store": {"members": %s}}`, "member": `{"store": {"members": [%s]}}`, "former": `{"store": {"members": [{"name": "a", "store": "mem:"}], "former": %s}}`,
		"member.name": `{"store": {"members": [{"name": %s, "store": "mem:"}]}}`, "member.weight": `{"store": {"members": [{"name": "a", "weight": %s, "store": "mem:"}]}}`,
		"member.standby":      `{"store": {"members": [{"name": "b", "store": "mem:"}, {"name": "a", "standby": %s, "store": "mem:"}]}}`,
		"member.store":        `{"store": {"members": [{"name": "a", "store": %s}]}}`,
		"ring.policy":         `{"store": {"members": [{"name": "a", "store": "mem:"}], "policy": %s}}`,
		"ring.layout":         `{"store": {"members": [{"name": "a", "store": "mem:"}], "layout": %s}}`,
		"ring.member_timeout": `{"store": {"members": [{"name": "a", "store": "mem:"}], "member_timeout": %s}}`,
		"ring.ketama_prefix":  `{"store": {"members": [{"name": "a", "store": "mem:"}], "layout": "ketama", "ketama_prefix": %s}}`,
		"hash.durability":     `{"store": {"url": "hash:a", "durability": %s}}`,
	} {
		for _, value := range schemaValues {
			text := []byte(fmt.Sprintf(form, value))
			_, loads := config.Parse("app.json", text, nil)
			fits := validate(t, schema, text)
			if loads == nil && fits != nil {
				t.Errorf("%s is taken by the loader, but not by the schema: %v", text, fits)
			}
			if fits == nil && loads != nil && !looser[field] {
				t.Errorf("%s is taken by the schema, but not by the loader: %v", text, loads)
			}
		}
	}
}

// compile reads the schema.
func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	must(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	must(t, c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	must(t, err)
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	must(t, err)
	return schema.Validate(value)
}
