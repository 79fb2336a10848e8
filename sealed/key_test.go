package sealed_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// Keys are long and random, and anything else is refused with a hint.
func TestKeysAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		secret []byte
		hint   string
	}{
		"nothing":  {nil, "NewKey"},
		"31 bytes": {[]byte(sealed.NewKey().Reveal())[:31], "32"},
		"password": {[]byte("correct horse battery staple, and some more"), "no passwords"},
		"base64":   {[]byte(sealed.NewKey().Reveal()), "ParseKey"},
		"zeros":    {make([]byte, 32), "NewKey"},
		"pattern":  {bytes.Repeat([]byte{1, 2, 3, 4, 200, 201, 202, 203}, 8), "NewKey"},
	} {
		_, err := sealed.KeyOf(c.secret)
		expectError(t, err, coatcheck.ErrInvalid)
		if err != nil && (!strings.Contains(err.Error(), c.hint) || len(c.secret) > 0 && strings.Contains(err.Error(), string(c.secret))) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	for _, text := range []string{"", "?", "AAAA", strings.Repeat("A", 43), sealed.NewKey().Reveal() + "="} {
		_, err := sealed.ParseKey(text)
		expectError(t, err, coatcheck.ErrInvalid)
	}
}

// A key comes back from its text, and longer secrets are taken whole.
func TestKeysRoundTrip(t *testing.T) {
	key := sealed.NewKey()
	again, err := sealed.ParseKey(key.Reveal())
	expectNil(t, err)
	expectEqual(t, "key", again, key)
	long := bytes.Repeat([]byte(testKey(t, 9).Reveal()), 2)
	long[0], long[len(long)-1] = 0, 1
	one, err := sealed.KeyOf(long)
	expectNil(t, err)
	long[len(long)-1] = 2
	two, err := sealed.KeyOf(long)
	expectNil(t, err)
	if one.ID() == two.ID() {
		t.Error("two keys that differ in their last byte have one ID")
	}
}

// A key shows its ID only.
func TestKeysAreNotPrinted(t *testing.T) {
	key := testKey(t, 1)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key, "keys", []sealed.Key{key})
	inJSON, err := json.Marshal(map[string]any{"key": key})
	expectNil(t, err)
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %s %q %x %d", key, key, key, key, key, key, key), log.String(), string(inJSON), fmt.Sprintf("%+v", struct{ K sealed.Key }{key})} {
		if !strings.Contains(text, key.ID()) || strings.Contains(text, key.Reveal()[:8]) || strings.Contains(text, "secret") {
			t.Errorf("a key prints as %q", text)
		}
	}
	if got := fmt.Sprint(sealed.Key{}); got != "sealed.Key(none)" {
		t.Errorf("the zero key prints as %q", got)
	}
}

// A file of keys has one on each line, and comments.
func TestReadKeys(t *testing.T) {
	one, two := sealed.NewKey(), sealed.NewKey()
	keys, err := sealed.ReadKeys(strings.NewReader("# new\r\n\r\n" + one.Reveal() + "\n  " + two.Reveal() + "  "))
	expectNil(t, err)
	if len(keys) != 2 || keys[0] != one || keys[1] != two {
		t.Errorf("read %v, want %v and %v", keys, one, two)
	}
	for text, hint := range map[string]string{"": "NewKey", "# nothing\n": "NewKey", one.Reveal() + "\n" + two.Reveal()[:40]: "line 2", strings.Repeat("x", 100_000): "read keys"} {
		_, err := sealed.ReadKeys(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), hint) || strings.Contains(err.Error(), two.Reveal()[:40]) {
			t.Errorf("the error is %v, want one about %q", err, hint)
		}
	}
}

// New says what is wrong.
func TestNewRefuses(t *testing.T) {
	key, revoker := testKey(t, 1), memstore.New(nil)
	t.Cleanup(func() { _ = revoker.Close() })
	good := &sealed.Options{Revoker: revoker}
	self, err := sealed.New([]sealed.Key{key}, good)
	expectNil(t, err)
	var many []sealed.Key
	for range 17 {
		many = append(many, sealed.NewKey())
	}
	for name, c := range map[string]struct {
		keys []sealed.Key
		opts *sealed.Options
		hint string
	}{
		"no keys":        {nil, good, "NewKey"},
		"a zero key":     {[]sealed.Key{key, {}}, good, "key 2"},
		"a key twice":    {[]sealed.Key{key, testKey(t, 2), key}, good, "keys 1 and 3"},
		"many keys":      {many, good, "at most 16"},
		"no options":     {[]sealed.Key{key}, nil, "AllowUnrevocable"},
		"no revoker":     {[]sealed.Key{key}, &sealed.Options{}, "AllowUnrevocable"},
		"both":           {[]sealed.Key{key}, &sealed.Options{Revoker: revoker, AllowUnrevocable: true}, "contradicts"},
		"a long purpose": {[]sealed.Key{key}, &sealed.Options{Revoker: revoker, Purpose: strings.Repeat("p", 256)}, "Purpose"},
		"itself":         {[]sealed.Key{key}, &sealed.Options{Revoker: self}, "with records"},
	} {
		_, err := sealed.New(c.keys, c.opts)
		expectError(t, err, coatcheck.ErrInvalid)
		if err != nil && !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%s: the error is %v, want a word about %q", name, err, c.hint)
		}
	}
}
