package redisstore

import (
	"encoding/hex"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// keys are the names of a store's keys: the prefix, then "s:" and an ID for a
// session, or "o:" and an owner for an index.
type keys struct{ all, records, owners string }

func newKeys(prefix string) keys { return keys{prefix, prefix + "s:", prefix + "o:"} }

func (k keys) record(id coatcheck.ID) string {
	b := make([]byte, 0, len(k.records)+2*len(id))
	return text(hex.AppendEncode(append(b, k.records...), id[:]))
}

func (k keys) owner(owner string) string { return k.owners + owner }

// id is the reverse of record.
func (k keys) id(key string) (id coatcheck.ID, ok bool) {
	digits, ok := strings.CutPrefix(key, k.records)
	if !ok || len(digits) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil && k.record(id) == key
}

// ids returns the IDs of those names that are records'.
func (k keys) ids(names []string) (ids []coatcheck.ID) {
	for _, name := range names {
		if id, ok := k.id(name); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// pattern matches the keys that begin with a prefix, in the language of SCAN.
func pattern(prefix string) string {
	var b strings.Builder
	for _, c := range []byte(prefix) {
		if strings.IndexByte(`*?[]^\-`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String() + "*"
}
