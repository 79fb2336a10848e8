package storeurl_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

// nowhere is a scheme that can say everything and opens nothing.
func nowhere(err error) storeurl.Scheme {
	return storeurl.Scheme{
		Name: "sql", Form: "//USER:PASSWORD@HOST/DB", Gist: "a database", Password: true, Others: "its settings",
		Params: []storeurl.Param{{Name: "table"}, {Name: "key", Kind: storeurl.Secret}},
		Open: func(context.Context, *storeurl.Request) (coatcheck.Store, error) {
			return struct{ coatcheck.Store }{}, err
		},
	}
}

// TestParseErrors: what is wrong with a URL is said, with the parameter and the
// choices.
func TestParseErrors(t *testing.T) {
	for url, want := range map[string]string{
		"":                                    `that is not a store URL; what works is a URL of mem, hash, file, ring or sql`,
		"memory":                              `"memory": that is not a store URL; what works is a URL of mem,`,
		"hsah:a":                              `"hsah:a": there is no store "hsah" (is it "hash:FILE"?); what works is mem, hash, file`,
		"HASH:a":                              `there is no store "HASH" (is it "hash:FILE"?)`,
		`C:\sessions`:                         `there is no store "C"; what works is`,
		"mem:10":                              `"mem:10": nothing may follow "mem:"`,
		"hash:":                               `"hash:": FILE is missing behind "hash:"`,
		"hash:?durability=always":             `"hash:": FILE is missing behind "hash:"`,
		"hash://sessions.ht":                  `two slashes begin a host, and a file has none: write "hash:sessions.ht" or "hash:///sessions.ht"`,
		"hash:a%00b":                          "there is a zero byte in it",
		"hash:a?durability":                   "a parameter is not of the form NAME=VALUE",
		"hash:a?durability=%":                 "durability: a percent sign must be written %25",
		"hash:a?durabilty=always":             `"hash:a": durabilty: there is no such parameter; durability is one, all are durability, capacity,`,
		"hash:a?durability=allways":           `"hash:a": durability: it is "allways"; it must be "none", "always" or a duration of at least 1ms with its unit, such as "30s"`,
		"hash:a?durability=1":                 `durability: it is "1"; it must be "none"`,
		"hash:a?durability=":                  `durability: it is ""; it must be "none"`,
		"hash:a?capacity=0":                   `capacity: it is "0"; it must be a whole number above 0`,
		"hash:a?capacity=1e3":                 `capacity: it is "1e3"; it must be a whole number above 0`,
		"hash:a?max_bytes=1MB":                `max_bytes: it is "1MB"; it must be a number of bytes above 0, or one with a unit, such as "64KiB" or "1GiB"`,
		"hash:a?max_bytes=9000000TiB":         `max_bytes: it is "9000000TiB"`,
		"hash:a?portable=yes":                 `portable: it is "yes"; it must be true or false`,
		"hash:a?capacity=1&capacity=2":        "capacity: it is given twice",
		"hash:a?capacity=1&":                  "a parameter is not of the form NAME=VALUE",
		"hash:a?sweep_interval=1us":           `sweep_interval: it is "1us"; it must be "off" or a duration of at least 1ms`,
		"file:a?durability=always":            `durability: it is "always"; it must be "process" or "machine"`,
		"mem:?anonymous_share=NaN":            `anonymous_share: it is "NaN"; it must be a number above 0 and at most 1`,
		"mem:?anonymous_share=0":              "above 0 and at most 1",
		"mem:?anonymous_share=1.1":            "above 0 and at most 1",
		"mem:?snapshot_interval=1m":           "snapshot_interval: there is no snapshot without snapshot=FILE",
		"ring:a.json?policy=fail":             "policy: there is no such parameter, nor any other",
		"sql://u:p@h/d?password_env=P":        "password_env: the password itself is given, too",
		"sql://h/d?key=1&key_file=F":          "key_file: the key itself is given, too",
		"sql://h/d?key_env=E&key_file=F":      "key_env: key_file is given, too",
		"sql://h/d?password=p&password_env=P": "password_env: the password itself is given, too",
		"sql:d?password_env=P":                `"sql:d": there is no host for the password; the form is "sql://USER:PASSWORD@HOST/DB"`,
		"sql://h/d?key=":                      "key: it must be some text",
	} {
		s, err := mux(t, nowhere(nil)).Parse(url)
		bad := (*storeurl.Error)(nil)
		if s != nil || !errors.As(err, &bad) || !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", url, err, want)
		}
	}
}

// TestParseTouchesNothing: parsing touches no file.
func TestParseTouchesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, url := range []string{"hash:a.ht", "file:a", "ring:absent.json", "mem:?snapshot=no/such/folder", "sql://u@h/d?password_file=absent"} {
		if s, err := mux(t, nowhere(nil)).Parse(url); err != nil || !strings.HasPrefix(url, strings.Split(s.String(), "xxxxx")[0]) {
			t.Errorf("%s: %v, %v", url, s, err)
		}
	}
}

// TestPathOfASource: a program can look at a file before it opens it.
func TestPathOfASource(t *testing.T) {
	for url, want := range map[string]string{
		"hash:a%20b?durability=always": "a b",
		"hash:///var/a?.ht?capacity=1": "/var/a?.ht",
		"file:/x/100%":                 "/x/100%",
		"ring:r.json":                  "r.json",
	} {
		s, err := mux(t).Parse(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		name, _, _ := strings.Cut(url, ":")
		if got, err := s.Path(); filepath.ToSlash(got) != want || err != nil || s.Scheme() != name {
			t.Errorf("%s: %q, %v of scheme %q", url, got, err, s.Scheme())
		}
	}
	s, err := mux(t, nowhere(nil)).Parse("sql://h/d")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Path(); err == nil {
		t.Errorf("the path of a database is %q", got)
	}
}
