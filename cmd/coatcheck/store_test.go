package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/memcachestore"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/sqlstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// TestSettingsAreDocumented: docs/SETTINGS.md names every scheme with its form,
// and every parameter.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "SETTINGS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range newMux().Schemes() {
		if !strings.Contains(string(text), "`"+form(s)+"`") && !strings.Contains(string(text), "`"+s.Name+":`") {
			t.Errorf("there is no %s", form(s))
		}
		for _, p := range s.Params {
			if !strings.Contains(string(text), "`"+p.Name+"`") && !strings.Contains(string(text), "`"+p.Name+"=") {
				t.Errorf("%s: there is no %s", s.Name, p.Name)
			}
		}
	}
}

// notSaid are the options that a URL says by other means than a parameter.
var notSaid = map[string]string{
	"Now": "the Mux has it", "Logger": "the Mux has it", "Dialect": "the scheme says it",
	"Username": "it is in the URL", "Password": "it is in the URL", "TLS": "tls_ca and so on",
	"SentinelUsername": "sentinel_user", "Columns": "column_id and so on",
}

// TestEveryOptionHasAParameter: what an option of a store can be told in words,
// a URL can say.
func TestEveryOptionHasAParameter(t *testing.T) {
	for scheme, options := range map[string]any{
		"sqlite": sqlstore.Options{}, "postgres": sqlstore.Options{}, "mysql": sqlstore.Options{},
		"rediss": redisstore.Options{}, "redis-sentinel": redisstore.Options{}, "redis-cluster": redisstore.Options{},
		"memcached": memcachestore.Options{}, "nats": kvstore.Options{}, "etcd": kvstore.Options{},
	} {
		var params []string
		for _, s := range newMux().Schemes() {
			if s.Name == scheme {
				for _, p := range s.Params {
					params = append(params, strings.ReplaceAll(p.Name, "_", ""))
				}
			}
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(options)) {
			if strings.HasPrefix(f.Name, "Sentinel") && scheme != "redis-sentinel" {
				continue
			}
			if notSaid[f.Name] == "" && !slices.Contains(params, strings.ToLower(f.Name)) {
				t.Errorf("%s: there is no parameter for Options.%s", scheme, f.Name)
			}
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(sqlstore.Columns{})) {
		if newColumn := "column_" + strings.ToLower(f.Name); !slices.ContainsFunc(tableParams(), func(p storeurl.Param) bool { return p.Name == newColumn }) {
			t.Errorf("there is no parameter %s", newColumn)
		}
	}
}
