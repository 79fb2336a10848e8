package demo

import (
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

// maxValue is the greatest length of a value that /set takes, in bytes.
const maxValue = 16 << 10

// count adds one to the counter and prints it, saved.
func count(r *http.Request, v *visitor) (string, error) {
	var n int
	err := v.s.Transact(r.Context(), func(s *coatcheck.Session) error {
		var err error
		if n, _, err = counter.Lookup(s); err != nil {
			return err
		}
		n++
		counter.Set(s, n)
		return nil
	})
	return line("%d", n), err
}

// set sets a key to a string. A transaction leaves nothing behind if that
// fails.
func set(r *http.Request, v *visitor) (string, error) {
	name, err := v.query.key()
	if err != nil {
		return "", err
	}
	value, err := v.query.one("v")
	switch {
	case err != nil:
		return "", err
	case len(value) > maxValue:
		return "", bad("Parameter v has %d bytes; at most %d are allowed.", len(value), maxValue)
	case !utf8.ValidString(value):
		return "", bad("Parameter v must be valid UTF-8.")
	}
	key := coatcheck.NewKey[string](name)
	err = v.s.Transact(r.Context(), func(s *coatcheck.Session) error {
		key.Set(s, value)
		return nil
	})
	return line("ok"), err
}

// get prints the value of a key: a string as it is, all else as JSON. Of a key
// without a value it prints nothing, not even an empty line.
func get(_ *http.Request, v *visitor) (string, error) {
	name, err := v.query.key()
	if err != nil {
		return "", err
	}
	raw, ok, err := coatcheck.NewKey[json.RawMessage](name).Lookup(v.s)
	if err != nil || !ok {
		return "", err
	}
	if s := ""; json.Unmarshal(raw, &s) == nil {
		return line("%s", s), nil
	}
	return line("%s", raw), nil
}

// keys prints how many keys there are.
func keys(_ *http.Request, v *visitor) (string, error) {
	return line("%d", len(v.s.Keys())), nil
}
