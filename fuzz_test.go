package coatcheck_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

const (
	fuzzToken = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	fuzzOther = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA"
)

// A token is the canonical encoding of 32 bytes, and nothing else is one.
func FuzzToken(f *testing.F) {
	f.Add(fuzzToken)
	f.Add(fuzzOther)
	f.Add("")
	f.Add(fuzzToken[:42] + "9") // trailing bits
	f.Add(fuzzToken[:42] + "=")
	f.Add(fuzzToken + "\n")
	f.Add(fuzzToken[:42] + "\r")
	f.Add(strings.ReplaceAll(fuzzOther, "_", "/"))
	f.Fuzz(func(t *testing.T, s string) {
		token, err := coatcheck.ParseToken(s)
		raw, decodeErr := base64.RawURLEncoding.Strict().DecodeString(s)
		canonical := decodeErr == nil && len(raw) == 32 && base64.RawURLEncoding.EncodeToString(raw) == s
		if (err == nil) != canonical {
			t.Fatalf("ParseToken(%q): %v; canonical: %v", s, err, canonical)
		}
		if err == nil && string(token) != s {
			t.Fatalf("ParseToken(%q) gives another token", s)
		}
		if err != nil && len(s) > 8 && strings.Contains(err.Error(), s) {
			t.Fatalf("the error repeats the token: %v", err)
		}
	})
}

// The scanner of Cookie headers finds what net/http finds, as far as it goes,
// and never more than four tokens.
func FuzzCookieHeader(f *testing.F) {
	f.Add("id=" + fuzzToken)
	f.Add("a=b; id=" + fuzzToken + "; c")
	f.Add("id=" + fuzzToken + ";id=" + fuzzOther)
	f.Add("id=" + fuzzToken + "\nid=" + fuzzOther)
	f.Add("\tid=" + fuzzToken + " ")
	f.Add("id =" + fuzzToken)
	f.Add("a;\rid=" + fuzzToken)
	f.Add(`id="` + fuzzToken + `"`)
	f.Add("ID=" + fuzzToken + "; xid=" + fuzzToken + "; id")
	f.Add("id==" + fuzzToken + ";;; =;" + fuzzToken)
	f.Add(strings.Repeat("id=x;", 5) + "id=" + fuzzToken)
	f.Add(strings.Repeat("id="+fuzzToken+";", 5))
	f.Add(strings.Repeat("a=b;", 3001) + "id=" + fuzzToken)
	f.Fuzz(func(t *testing.T, header string) {
		const name = "id"
		lines := strings.Split(header, "\n")
		tokens, named, fault := coatcheck.ScanCookies(name, lines)
		if len(tokens) > 4 || len(tokens) > named || named > 4 && (len(tokens) > 0 || fault == "") {
			t.Fatalf("%d tokens of %d cookies, fault %q", len(tokens), named, fault)
		}
		r := http.Request{Header: http.Header{"Cookie": lines}}
		var theirs []string
		for _, c := range r.CookiesNamed(name) {
			if _, err := coatcheck.ParseToken(c.Value); err == nil && !c.Quoted {
				theirs = append(theirs, c.Value)
			}
		}
		for i, token := range tokens {
			if _, err := coatcheck.ParseToken(string(token)); err != nil || slices.Contains(tokens[:i], token) {
				t.Fatalf("token %d: %v, or twice", i, err)
			}
			// Both count cookies, but not empty ones in the same way.
			if !slices.Contains(theirs, string(token)) && strings.Count(header, ";") < 2990 {
				t.Fatalf("net/http finds %q, we also %q", theirs, string(token))
			}
		}
		// net/http takes blanks before the equals sign for none of the name's,
		// and a carriage return, which no header has, for a blank.
		if named > 4 || strings.Count(header, ";") > 2990 || strings.Contains(header, name+" ") || strings.Contains(header, name+"\t") || strings.Contains(header, "\r") {
			return
		}
		for _, token := range theirs {
			if !slices.Contains(tokens, coatcheck.Token(token)) {
				t.Fatalf("net/http finds %q, we %d others", token, len(tokens))
			}
		}
	})
}

// fuzzObjects are seeds for whatever reads JSON.
var fuzzObjects = []string{
	`{}`, ` { } `, `null`, `[]`, ``, `{"a":1}`, "{\"a\" :\t-1.5e+7 ,\"b\":\n\"x\\\"y\\\\\" , \"c\":[{\"d\":null},true]}",
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\u00e9":"é","<&>":"\u003c","\ud83d\ude00":"😀"}`, `{"\ud800":1}`,
	`{"a":}`, `{"a"}`, `{"a":1,}`, `{,"a":1}`, `{"a":1}{`, `{"a":01}`, `{"a":truefalse}`, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`,
	`{"a":[}]}`, `{"a":{"b":"}"}}`, `{"a":[[[[[[]]]]]]}`, `{"` + strings.Repeat("k", 129) + `":0}`, "{\"\xff\":\"\xff\"}", `{"":0}`,
	`{"a":"18 digits","b":123456789012345678,"c":-9223372036854775808,"d":9223372036854775808,"e":-0,"f":false,"g":"plain"}`,
}

// The splitter finds the keys and the raw values that encoding/json finds.
// What it accepts beyond that, only the form of single values is to blame for.
func FuzzSplitJSON(f *testing.F) {
	for _, seed := range fuzzObjects {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours coatcheck.Fields
		err := ours.SplitJSON(data, 1<<20)
		var theirs map[string]json.RawMessage
		theirErr := json.Unmarshal(data, &theirs)
		members, depth, longest := fuzzShape(data)
		fair := theirErr == nil && theirs != nil && utf8.Valid(data) && members == len(theirs) &&
			depth <= coatcheck.MaxDepth && longest <= coatcheck.MaxKeyLen
		if err != nil {
			if fair {
				t.Fatalf("%q is refused: %v", data, err)
			}
			return
		}
		valid := true
		for i := range ours.Len() {
			value := ours.Value(i)
			valid = valid && json.Valid(value)
			fuzzFast(t, value)
			if ours.Find(ours.Key(i)) != i {
				t.Fatalf("%q: key %q is not found", data, ours.Key(i))
			}
			if fair && !bytes.Equal(theirs[ours.Key(i)], value) {
				t.Fatalf("%q: the value of %q is %q, by encoding/json %q", data, ours.Key(i), value, theirs[ours.Key(i)])
			}
		}
		if fair && ours.Len() != len(theirs) {
			t.Fatalf("%q: %d keys, by encoding/json %d", data, ours.Len(), len(theirs))
		}
		if valid && theirErr != nil {
			t.Fatalf("%q is accepted, all values are valid, but %v", data, theirErr)
		}
		fuzzRejoin(t, &ours)
	})
}

// fuzzShape returns the number of an object's members, the depth of its
// values, and the length of its longest key.
func fuzzShape(data []byte) (members, depth, longest int) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	level, key := 0, false
	for {
		token, err := d.Token()
		if err != nil {
			return members, depth, longest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			level++
			depth = max(depth, level-1)
			key = true
			continue
		case json.Delim('}'), json.Delim(']'):
			level--
			key = true
			continue
		}
		if level != 1 {
			continue
		}
		if name, ok := token.(string); ok && key {
			members++
			longest = max(longest, len(name))
			key = false
			continue
		}
		key = true
	}
}

// fuzzFast checks the short cuts past encoding/json on one value.
func fuzzFast(t *testing.T, raw []byte) {
	fuzzFastAs[string](t, raw)
	fuzzFastAs[int](t, raw)
	fuzzFastAs[int64](t, raw)
	fuzzFastAs[bool](t, raw)
}

func fuzzFastAs[T comparable](t *testing.T, raw []byte) {
	ours, ok := coatcheck.DecodeFast[T](raw)
	if !ok {
		return // encoding/json judges
	}
	var theirs T
	if err := json.Unmarshal(raw, &theirs); err != nil || ours != theirs {
		t.Fatalf("%q as %T is %v, by encoding/json %v, %v", raw, ours, ours, theirs, err)
	}
}

// The short cuts of encoding write what encoding/json writes, and read it back.
func FuzzFastEncode(f *testing.F) {
	for _, s := range []string{"", "plain", "<b>&\"\\", "\u2028\x7f\x00", "é\xff", "😀"} {
		f.Add(s, int64(len(s)))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		fastEncodes(t, s)
		fastEncodes(t, n)
		fastEncodes(t, int(n))
	})
}

// fuzzRejoin checks that an index that is written down, member by member or
// in runs, reads the same again.
func fuzzRejoin(t *testing.T, f *coatcheck.Fields) {
	var none coatcheck.Changes
	var members []byte
	utf := true
	for i := range f.Len() {
		utf = utf && utf8.ValidString(f.Key(i))
		members = coatcheck.JSON{}.AppendEntry(members, f.Key(i), f.Value(i))
	}
	joined, _ := none.AppendJSON(f)
	joins := [][]byte{joined}
	if f.Len() > 0 && utf {
		joins = append(joins, members)
	}
	for _, joined := range joins {
		var again coatcheck.Fields
		if err := again.SplitJSON(joined, 1<<20); err != nil || again.Len() != f.Len() {
			t.Fatalf("%q: %d keys of %d, %v", joined, again.Len(), f.Len(), err)
		}
		for i := range f.Len() {
			if again.Key(i) != f.Key(i) || !bytes.Equal(again.Value(i), f.Value(i)) {
				t.Fatalf("%q: member %d is %q: %q, was %q: %q", joined, i, again.Key(i), again.Value(i), f.Key(i), f.Value(i))
			}
		}
	}
}

// Changes written over an object have the effect that they have on a map, in
// one layer and in two.
func FuzzChanges(f *testing.F) {
	for i, seed := range fuzzObjects {
		f.Add([]byte(seed), []byte{0, 1, 2, 3, byte(i), 5, 6, 250, 8, 9}, uint8(i))
		f.Add([]byte(seed), bytes.Repeat([]byte{byte(i), 255, 3}, i), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data, ops []byte, cut uint8) {
		var base coatcheck.Fields
		if base.SplitJSON(data, 1<<20) != nil {
			return
		}
		names := []string{"a", "new", "é", `"`, "<", strings.Repeat("n", 64)}
		model := make(map[string]string)
		for i := range base.Len() {
			if !utf8.ValidString(base.Key(i)) {
				return // no program can name it
			}
			names = append(names, base.Key(i))
			model[base.Key(i)] = string(base.Value(i))
		}
		valid := json.Valid(data)
		values := []string{`1`, `"x"`, `{"y":[2]}`, `null`}
		var older, newer coatcheck.Changes
		for i, op := range ops {
			c := &older
			if i >= int(cut) {
				c = &newer
			}
			name, value := names[int(op/8)%len(names)], values[int(op)%len(values)]
			switch {
			case op == 255:
				c.Clear()
				clear(model)
			case op%8 < 5:
				c.Set(name, []byte(value))
				model[name] = value
			default:
				c.Delete(name)
				delete(model, name)
			}
		}
		both := newer.Over(&older)
		if n := both.Keys(&base); n != len(model) {
			t.Fatalf("%q with %v: %d keys, want %d", data, ops, n, len(model))
		}
		joined, index := both.AppendJSON(&base)
		if size := both.Size(&base); len(joined) > size {
			t.Fatalf("%q with %v: %d bytes, foretold were at most %d", data, ops, len(joined), size)
		}
		var got coatcheck.Fields
		if err := got.SplitJSON(joined, 1<<20); err != nil || got.Len() != len(model) || valid && !json.Valid(joined) {
			t.Fatalf("%q with %v becomes %q: %v", data, ops, joined, err)
		}
		for i := range got.Len() {
			if want, ok := model[got.Key(i)]; !ok || want != string(got.Value(i)) {
				t.Fatalf("%q with %v becomes %q: %q is %q, want %q", data, ops, joined, got.Key(i), got.Value(i), want)
			}
			if index.Len() != got.Len() || index.Find(got.Key(i)) != i || !bytes.Equal(index.Value(i), got.Value(i)) {
				t.Fatalf("%q with %v becomes %q: its index is wrong about %q", data, ops, joined, got.Key(i))
			}
		}
	})
}

// Record.Meta opens only as it was sealed, with the record that it was sealed
// for.
func FuzzMeta(f *testing.F) {
	f.Add([]byte(nil), []byte(`{"a":1}`), "ada", "Firefox", uint64(1<<32), uint16(0), byte(0))
	f.Add(make([]byte, 25), []byte{}, "", "", uint64(0), uint16(7), byte(1))
	f.Add([]byte("\x01\x00\x00\x00AAAAAAAA\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05hello"), []byte(`{}`), strings.Repeat("o", 255), strings.Repeat("d", 128), uint64(1<<63-1), uint16(500), byte(128))
	f.Fuzz(func(t *testing.T, raw, data []byte, owner, device string, version uint64, at uint16, flip byte) {
		rec := coatcheck.Record{
			ID:       coatcheck.ID([]byte(strings.Repeat("A", 32))),
			Owner:    owner,
			Data:     data,
			Meta:     raw,
			Created:  time.UnixMilli(1_700_000_000_000).UTC(),
			Deadline: time.UnixMilli(1_700_043_200_000).UTC(),
			Version:  version,
		}
		if md, reason := coatcheck.OpenMeta(&rec, rec.ID); reason == "" {
			again := rec
			coatcheck.Seal(&again, md)
			if !bytes.Equal(again.Meta, raw) {
				t.Fatalf("%x opens as %+v, which is sealed as %x", raw, md, again.Meta)
			}
		}
		if len(device) > 128 {
			return
		}
		want := coatcheck.Meta{State: uint8(at % 4), Persistent: flip%2 == 0, Idle: time.Duration(at+1) * time.Minute, Device: device}
		coatcheck.Seal(&rec, want)
		if md, reason := coatcheck.OpenMeta(&rec, rec.ID); reason != "" || md != want {
			t.Fatalf("sealed %+v, opened %+v, %s", want, md, reason)
		}
		if flip == 0 {
			return
		}
		// One wrong byte anywhere in what the checksum covers.
		spoiled := rec
		spoiled.Meta, spoiled.Data = bytes.Clone(rec.Meta), bytes.Clone(rec.Data)
		if i := int(at) % (len(rec.Meta) + len(rec.Data)); i < len(rec.Meta) {
			spoiled.Meta[i] ^= flip
		} else {
			spoiled.Data[i-len(rec.Meta)] ^= flip
		}
		if md, reason := coatcheck.OpenMeta(&spoiled, rec.ID); reason == "" {
			t.Fatalf("byte %d xor %02x still opens as %+v", at, flip, md)
		}
		spoiled = rec
		spoiled.Owner += "x"
		if _, reason := coatcheck.OpenMeta(&spoiled, rec.ID); reason == "" {
			t.Fatal("another owner's record opens")
		}
	})
}
