package sealed_test

import (
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Promise 6: from one cookie a visitor can make two sessions of the same ID and
// version, and whoever chooses text in both can give them the same checksum.
// What was found out about one of them must not be believed of the other: here
// it would turn a part of a note into a rank.
func TestPromise6NoForkPassesForAnother(t *testing.T) {
	admin, note, bio := coatcheck.NewKey[bool]("admin"), coatcheck.NewKey[string]("note"), coatcheck.NewKey[string]("bio")
	site := assemble(t, setup{})
	b := site.browser()
	expectStatus(t, b.visit(func(s *coatcheck.Session) {
		note.Set(s, "")
		admin.Set(s, false)
		bio.Set(s, "")
	}), http.StatusOK)
	// The text stands where the other one has its second key.
	text := "abcadmin_:true ," + strings.Repeat("0", 64)
	life := strings.Repeat("x", len(text))
	text = colliding(t, `{"note":"`, text, `","admin":false,"bio":""}`, `{"note":"","admin":false,"bio":"`+life+`"}`)
	plain := b.twin()
	expectStatus(t, b.visit(func(s *coatcheck.Session) { note.Set(s, text) }), http.StatusOK)
	expectStatus(t, plain.visit(func(s *coatcheck.Session) { bio.Set(s, life) }), http.StatusOK)
	b.visit(func(s *coatcheck.Session) {
		expectEqual(t, "admin", admin.Get(s), false)
		expectEqual(t, "note", note.Get(s), text)
	})
}

// colliding changes the zeros at the end of text to ones so that the checksum
// of all three becomes that of other, which is as long. CRC-32C is linear, so
// that takes 32 equations.
func colliding(t *testing.T, before, text, behind, other string) string {
	t.Helper()
	sum := func(s string) uint32 { return crc32.Checksum([]byte(s), crc32.MakeTable(crc32.Castagnoli)) }
	first := strings.TrimRight(text, "0")
	type row struct{ sum, bits uint64 }
	var rows [32]row // by their highest bit
	reduce := func(r row) row {
		for i := 31; i >= 0; i-- {
			if r.sum>>i&1 == 1 && rows[i].sum != 0 {
				r.sum, r.bits = r.sum^rows[i].sum, r.bits^rows[i].bits
			}
		}
		return r
	}
	all := sum(before + text + behind)
	for i := range len(text) - len(first) {
		at := len(first) + i
		r := reduce(row{uint64(sum(before+text[:at]+"1"+text[at+1:]+behind) ^ all), 1 << i})
		for j := 31; j >= 0; j-- {
			if r.sum>>j&1 == 1 {
				rows[j] = r
				break
			}
		}
	}
	want := reduce(row{uint64(all ^ sum(other)), 0})
	changed := []byte(text)
	for i := range len(text) - len(first) {
		changed[len(first)+i] += byte(want.bits >> i & 1)
	}
	if got := before + string(changed) + behind; sum(got) != sum(other) || len(got) != len(other) {
		t.Fatal("no collision was found")
	}
	return string(changed)
}
