package coatcheck_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A fieldsCodec is a container of another kind: members with their lengths in
// front.
type fieldsCodec struct{ coatcheck.JSON }

var errFieldsCut = errors.New("cut off")

func (fieldsCodec) Split(data []byte, entry func(key, value []byte) error) error {
	for len(data) > 0 {
		var parts [2][]byte
		for i := range parts {
			n, width := binary.Uvarint(data)
			if width <= 0 || n > uint64(len(data)-width) {
				return errFieldsCut
			}
			parts[i], data = data[width:width+int(n)], data[width+int(n):]
		}
		if err := entry(parts[0], parts[1]); err != nil {
			return err
		}
	}
	return nil
}

func (fieldsCodec) AppendEntry(data []byte, key string, value []byte) []byte {
	data = append(binary.AppendUvarint(data, uint64(len(key))), key...)
	return append(binary.AppendUvarint(data, uint64(len(value))), value...)
}

// fieldsMembers is a container of fieldsCodec.
func fieldsMembers(pairs ...string) (b []byte) {
	for i := 0; i < len(pairs); i += 2 {
		b = fieldsCodec{}.AppendEntry(b, pairs[i], []byte(pairs[i+1]))
	}
	return b
}

// Any codec's container is indexed, within the same bounds as JSON's.
func TestFieldsOfAnotherCodec(t *testing.T) {
	data := fieldsMembers("a", "1", "", "empty", "\xff", "\x00")
	var f coatcheck.Fields
	if err := f.Split(fieldsCodec{}, data, 3); err != nil || f.Len() != 3 {
		t.Fatalf("%d members, %v", f.Len(), err)
	}
	clear(data) // the codec's slices may alias it; the index must not
	for i, want := range []string{"a=1", "=empty", "\xff=\x00"} {
		if got := f.Key(i) + "=" + string(f.Value(i)); got != want || f.Find(f.Key(i)) != i {
			t.Errorf("member %d is %q, want %q", i, got, want)
		}
	}
	for name, data := range map[string][]byte{
		"a key too many": fieldsMembers("a", "1", "b", "2", "c", "3", "d", "4"),
		"a key twice":    fieldsMembers("a", "1", "a", "2"),
		"cut off":        fieldsMembers("a", "1")[:3],
	} {
		if err := f.Split(fieldsCodec{}, data, 3); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := f.Split(fieldsCodec{}, nil, 3); err != nil || f.Len() != 0 || f.Find("a") >= 0 {
		t.Errorf("of nothing %d members, %v", f.Len(), err)
	}
}

// Changes written by any codec have the effect that they have in JSON.
func TestChangesByAnotherCodec(t *testing.T) {
	var base coatcheck.Fields
	if err := base.Split(fieldsCodec{}, fieldsMembers("keep", "1", "drop", "2", "change", "3"), 10); err != nil {
		t.Fatal(err)
	}
	var c coatcheck.Changes
	c.Set("change", []byte("4"))
	c.Delete("drop")
	c.Delete("never there")
	c.Set("new", []byte("5"))
	if got, want := c.AppendBy(fieldsCodec{}, &base), fieldsMembers("keep", "1", "change", "4", "new", "5"); !bytes.Equal(got, want) {
		t.Errorf("became %q, want %q", got, want)
	}
	c.Clear()
	c.Set("new", []byte("6"))
	if got, want := c.AppendBy(fieldsCodec{}, &base), fieldsMembers("new", "6"); !bytes.Equal(got, want) {
		t.Errorf("after Clear it became %q, want %q", got, want)
	}
}

// Members that nobody touched keep their bytes and their order, spaces and
// all; changed ones stay in their place, new ones come last.
func TestChangesLeaveTheRestAlone(t *testing.T) {
	var base coatcheck.Fields
	if err := base.SplitJSON([]byte("{ \"a\" : 1.0e0,\n\"\\u0062\":\"\\/\" , \"c\":3,\"d\":[ ],\"e\":5 }"), 10); err != nil {
		t.Fatal(err)
	}
	var c coatcheck.Changes
	c.Set("z", []byte("26"))
	c.Set("c", []byte("33"))
	c.Delete("e")
	joined, index := c.AppendJSON(&base)
	if got, want := string(joined), "{\"a\" : 1.0e0,\n\"\\u0062\":\"\\/\",\"c\":33,\"d\":[ ],\"z\":26}"; got != want {
		t.Errorf("became %s, want %s", got, want)
	}
	if at := index.Find("b"); at != 1 || string(index.Value(1)) != `"\/"` {
		t.Errorf("in the new index the escaped key is at %d with %s", at, index.Value(1))
	}
	if base.Find("b") != 1 || base.Key(1) != "b" {
		t.Errorf("the escaped key reads %q", base.Key(1))
	}
}

// The JSON codec writes what it splits, key by key.
func TestJSONCodecRoundTrip(t *testing.T) {
	keys := []string{"a", "é", `"`, "<&>", "\u2028", "tab\t"}
	var data []byte
	for _, key := range keys {
		data = coatcheck.JSON{}.AppendEntry(data, key, []byte("1"))
	}
	var got []string
	err := coatcheck.JSON{}.Split(data, func(key, value []byte) error {
		got = append(got, string(key))
		return nil
	})
	if err != nil || !slices.Equal(got, keys) {
		t.Errorf("%s has the keys %q, want %q; %v", data, got, keys, err)
	}
	stop := errors.New("stop")
	if err := (coatcheck.JSON{}).Split(data, func(_, _ []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Split goes on after the entry's error: %v", err)
	}
}
