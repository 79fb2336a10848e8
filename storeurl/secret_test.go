package storeurl_test

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]struct {
		redacted string
		password bool
	}{
		"mem:":                               {"mem:", false},
		"hash:///var/lib/app/sessions.ht":    {"hash:///var/lib/app/sessions.ht", false},
		"hash:a?durability=always":           {"hash:a?durability=always", false},
		"redis://localhost:6379/0":           {"redis://localhost:6379/0", false},
		"redis://:s3cret@localhost:6379/0":   {"redis://xxxxx@localhost:6379/0", true},
		"redis://ada@localhost/0":            {"redis://xxxxx@localhost/0", false},
		"redis://ada:s3c/ret@localhost/0":    {"redis://xxxxx@localhost/0", true},
		"redis://ada:s3c@ret@localhost/0":    {"redis://xxxxx@localhost/0", true},
		"redis://ada:s3c?ret@localhost/0":    {"redis://xxxxx@localhost/0", true},
		"redis://ada:s3c?re=t@localhost/0":   {"redis://xxxxx@localhost/0", true},
		"mysql:ada:s3cret@localhost":         {"mysql:xxxxx@localhost", true},
		`ring:{"a":{"password":"s3cret"}}`:   {"ring:{xxxxx}", true},
		`ring:{"a":"redis://:s3cret@h"}`:     {"ring:{xxxxx}", true},
		`ring://[{"store":"r://h?token=s3"}`: {"ring://{xxxxx}", true},
		`{"url":"r://h", "pwd":"s3cret"}`:    {"{xxxxx}", true},
		`ring:%7b%22p%61ssword":"s3cret"}`:   {"ring:{xxxxx}", true},
		`ring:{"members":[]}`:                {"ring:{xxxxx}", false},
		"hash:{a}/s.ht":                      {"hash:{a}/s.ht", false},
		"root:s3cret@tcp(localhost)/db":      {"root:xxxxx@tcp(localhost)/db", false}, // a DSN, and no URL
		"nats://t0ken@localhost":             {"nats://xxxxx@localhost", false},
		"pg://ada@h/d?password=s3cret":       {"pg://xxxxx@h/d?password=xxxxx", true},
		"pg://h/d?a=1&PassWord=s3cret&b=2":   {"pg://h/d?a=1&PassWord=xxxxx&b=2", true},
		"pg://h/d?p%61ssword=s3cret":         {"pg://h/d?p%61ssword=xxxxx", true},
		"pg://h/d?sslpassword=s3cret":        {"pg://h/d?sslpassword=xxxxx", true},
		"pg://h/d?password=":                 {"pg://h/d?password=", false},
		"pg://h/d?password_file=/run/s":      {"pg://h/d?password_file=/run/s", false},
		"pg://h/d?password_env=PW":           {"pg://h/d?password_env=PW", false},
		"pg://h:5432/d?application_name=a@b": {"pg://h:5432/d?application_name=a@b", false},
		"etcd://[::1]:2379?prefix=a@b":       {"etcd://[::1]:2379?prefix=a@b", false},
		"host=db password=s3cret user=ada":   {"host=db password=xxxxx", true}, // as libpq has it, and no URL
		"PGPASSWORD = 's3 c?ret' host=db":    {"PGPASSWORD =xxxxx", true},
		"file:/a/password=b":                 {"file:/a/password=b", false},
		"":                                   {"", false},
		"@":                                  {"xxxxx@", false},
	} {
		if got := storeurl.Redact(in); got != want.redacted {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want.redacted)
		}
		if got := storeurl.HasPassword(in); got != want.password {
			t.Errorf("HasPassword(%q) = %v", in, got)
		}
	}
}

// FuzzRedact: whatever a password is, it is found, and neither the redacted URL
// nor an error of parsing it holds it.
func FuzzRedact(f *testing.F) {
	f.Add("ada", "s3cret", "localhost:5432", "a=1")
	f.Add("", "p%zz?a=b@/", "h", "")
	f.Fuzz(func(t *testing.T, user, password, host, query string) {
		storeurl.Redact(user + ":" + password)
		if len(password) < 4 || strings.ContainsAny(host, "@/?#") || strings.ContainsAny(query, "@?#") || strings.Contains(user, "@") {
			return
		}
		raw := "sql://" + url.UserPassword(user, password).String() + "@" + host
		if query != "" {
			raw += "?" + query
		}
		encoded := strings.TrimPrefix(url.UserPassword("", password).String(), ":")
		if !storeurl.HasPassword(raw) {
			t.Errorf("%q: no password is found", raw)
		}
		if clean := storeurl.Redact(raw); strings.Contains(clean, ":"+encoded+"@") {
			t.Errorf("%q becomes %q", raw, clean)
		}
		_, err := mux(t, nowhere(nil)).Open(context.Background(), raw)
		if err != nil && strings.Contains(err.Error(), ":"+encoded+"@") {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

// capture is a scheme that notes the URL that it is to open.
func capture(got *string) storeurl.Scheme {
	s := nowhere(nil)
	s.Open = func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
		*got = r.URL() + " " + r.Text("key")
		return struct{ coatcheck.Store }{}, nil
	}
	return s
}

// TestPasswordFromElsewhere: files and variables bring passwords and other
// secrets, which become a part of the URL.
func TestPasswordFromElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("p/w@: %\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COATCHECK_TEST_PASSWORD", "tiger\n") // as a file in an orchestrator's secret has it
	var got string
	m := mux(t, capture(&got))
	for in, want := range map[string]string{
		"sql://ada@h:1,i:2/d?password_file=" + file:               "sql://ada:p%2Fw%40%3A%20%25@h:1,i:2/d ",
		"sql://h/d?password_env=COATCHECK_TEST_PASSWORD&ssl=on":   "sql://:tiger@h/d?ssl=on ",
		"sql://ada:pw@h/d?key_env=COATCHECK_TEST_PASSWORD":        "sql://ada:pw@h/d tiger",
		"sql://h/d?key_file=" + file:                              "sql://h/d p/w@: %",
		"sql://ada:a%40b@h/d?key=x%26y&application_name=a%20b&q=": "sql://ada:a%40b@h/d?application_name=a%20b&q= x&y",
	} {
		if _, err := m.Open(t.Context(), in); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", in, got, err, want)
		}
	}
}

// TestPasswordNowhere: a place without a password is an error that names it.
func TestPasswordNowhere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "\n", "lines": "a\nb\n", "long": strings.Repeat("a", 70_000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("COATCHECK_TEST_LINES", "a\nb")
	for param, want := range map[string]string{
		"password_env=COATCHECK_TEST_LINES":         "password_env: the variable COATCHECK_TEST_LINES has more than one line",
		"password_file=" + dir + "/absent":          "password_file: open",
		"password_file=" + dir + "/empty":           "empty is empty",
		"key_file=" + dir + "/lines":                "lines has more than one line",
		"key_file=" + dir + "/long":                 "long is longer than 65536 bytes",
		"password_env=COATCHECK_TEST_NO_SUCH_VALUE": "password_env: the variable COATCHECK_TEST_NO_SUCH_VALUE is not set",
		"password_env=s3cret":                       "password_env: a variable of the name that it gives is not set",
	} {
		_, err := mux(t, nowhere(nil)).Open(t.Context(), "sql://ada@h/d?"+param)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", param, err)
		}
	}
}

// TestErrorsHoldNoPassword: not even when the store's own package repeats it.
func TestErrorsHoldNoPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("s3c/ret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, params := range []string{"ada:s3c%2Fret@h", "ada@h?password_file=" + file, "h?key=s3c/ret", "h?key_file=" + file, "h?sslpassword=s3c%2Fret"} {
		open := nowhere(nil)
		open.Open = func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
			return nil, errors.Join(errors.New("cannot open "+r.URL()+" with s3c/ret, s3c%2Fret"), fs.ErrPermission)
		}
		_, err := mux(t, open).Open(t.Context(), "sql://"+params)
		if err == nil || strings.Contains(err.Error(), "s3c") || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", params, err)
		}
		var as interface{ Unwrap() []error }
		if !errors.As(err, &as) {
			t.Errorf("%s: it is no longer what it was", params)
		}
	}
	for _, url := range []string{"sql://ada:s3cret@h/d?table=", "sq://ada:s3cret@h/d", "ada:s3cret@h/d", "mem:ada:s3cret@h", "hash://ada:s3cret@h/d", "sql://ada:s3?cret@h", "sql://ada:s3?cr=et@h", "sql://u@h?key=s3cret&key_env=A"} {
		_, err := mux(t, nowhere(nil)).Open(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "s3") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestErrorsHoldNoQuotedPassword: nor as package net/url quotes a URL that it
// cannot read.
func TestErrorsHoldNoQuotedPassword(t *testing.T) {
	for _, secret := range []string{`s3"c%zzret`, `s3\c%zzret`, "s3\tcret"} {
		open := nowhere(nil)
		open.Open = func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
			_, err := url.Parse(r.URL())
			return nil, err
		}
		_, err := mux(t, open).Open(t.Context(), "sql://ada:"+secret+"@h")
		if err == nil || strings.Contains(err.Error(), "ret@") || !strings.Contains(err.Error(), "ada:xxxxx@h") {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

// TestErrorsHoldNoEncodedPassword: nor as it stands in the URL that a store's own
// package was given, which keeps characters that other parts of a URL do not.
func TestErrorsHoldNoEncodedPassword(t *testing.T) {
	for _, secret := range []string{"s3c/ret", "s3,c@ret", "s3;$c&/ret", `s3"c\ret`, "s3\tc ;ret", "s3é;c@ret"} {
		t.Setenv("COATCHECK_TEST_PASSWORD", secret)
		open := nowhere(nil)
		open.Open = func(_ context.Context, r *storeurl.Request) (coatcheck.Store, error) {
			return nil, errors.New("cannot open " + r.URL())
		}
		_, err := mux(t, open).Open(t.Context(), "sql://ada@h?password_env=COATCHECK_TEST_PASSWORD")
		if err == nil || strings.Contains(err.Error(), "ret@") || !strings.Contains(err.Error(), "ada:xxxxx@h") {
			t.Errorf("%q: %v", secret, err)
		}
	}
}
