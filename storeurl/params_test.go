package storeurl_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/ring"
	"github.com/coatcheck/coatcheck/storeurl"
)

// TestEveryOptionHasAParameter: what an option of a store can be told in words,
// a URL can say.
func TestEveryOptionHasAParameter(t *testing.T) {
	for scheme, options := range map[string]any{
		"mem": memstore.Options{}, "hash": hashstore.Options{}, "file": filestore.Options{}, "ring": ring.Options{},
	} {
		var params []string
		for _, s := range mux(t).Schemes() {
			if s.Name == scheme {
				for _, p := range s.Params {
					params = append(params, p.Name)
					if p.Doc == "" {
						t.Errorf("%s: parameter %s has no Doc", scheme, p.Name)
					}
				}
			}
		}
		if scheme == "ring" {
			params = storeurl.RingFields()
		}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(options)) {
			name := snake(field.Name)
			if other, ok := renamed[scheme+" "+field.Name]; ok {
				name = other
			}
			if said := slices.Contains(params, name); !said && name != "now" && name != "logger" {
				t.Errorf("%s: there is no parameter %q for Options.%s", scheme, name, field.Name)
			}
		}
	}
}

// renamed are the parameters that are not called as their options are, which
// are functions.
var renamed = map[string]string{
	"ring KetamaKey": "ketama_prefix",
	"ring KetamaNew": "ketama_continuum",
}

// snake turns a Go name into a parameter's.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// TestParametersReachTheirOptions: each parameter sets the option of its name,
// and no other.
func TestParametersReachTheirOptions(t *testing.T) {
	for url, want := range map[string]any{
		"mem:?max_sessions=7":                   memstore.Options{MaxSessions: 7},
		"mem:?max_sessions=off":                 memstore.Options{MaxSessions: memstore.NoLimit},
		"mem:?max_bytes=64KiB":                  memstore.Options{MaxBytes: 64 << 10},
		"mem:?max_bytes=3B":                     memstore.Options{MaxBytes: 3},
		"mem:?max_bytes=off":                    memstore.Options{MaxBytes: memstore.NoLimit},
		"mem:?anonymous_share=0.25":             memstore.Options{AnonymousShare: 0.25},
		"mem:?snapshot=a&snapshot_interval=2m":  memstore.Options{SnapshotInterval: 120e9},
		"mem:?snapshot=a&snapshot_interval=off": memstore.Options{SnapshotInterval: memstore.OnlyAtClose},
		"hash:a":                                hashstore.Options{},
		"hash:a?capacity=1000":                  hashstore.Options{Capacity: 1000},
		"hash:a?max_sessions=1000":              hashstore.Options{MaxSessions: 1000},
		"hash:a?max_bytes=1GiB":                 hashstore.Options{MaxBytes: 1 << 30},
		"hash:a?durability=none":                hashstore.Options{Durability: hashstore.None()},
		"hash:a?durability=always":              hashstore.Options{Durability: hashstore.Always()},
		"hash:a?durability=50ms":                hashstore.Options{Durability: hashstore.Interval(50e6)},
		"hash:a?compress_above=1KiB":            hashstore.Options{CompressAbove: 1024},
		"hash:a?must_exist=true":                hashstore.Options{MustExist: true},
		"hash:a?portable=true":                  hashstore.Options{Portable: true},
		"hash:a?portable=false":                 hashstore.Options{},
		"hash:a?sweep_interval=1m30s":           hashstore.Options{SweepInterval: 90e9},
		"hash:a?sweep_interval=off":             hashstore.Options{SweepInterval: hashstore.NoSweep},
		"file:a":                                filestore.Options{},
		"file:a?durability=process":             filestore.Options{Durability: filestore.Process},
		"file:a?durability=machine":             filestore.Options{Durability: filestore.Machine},
		"file:a?must_exist=true":                filestore.Options{MustExist: true},
	} {
		s, err := mux(t).Parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if got := storeurl.OptionsOf(s); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", url, got, want)
		}
	}
}
