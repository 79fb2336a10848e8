package coatcheck

// names know the keys of one record's data while it is being split, so that a
// key that stands twice is found without comparing each with every other.
type names struct {
	marks [4]uint64           // one bit for many names
	many  map[string]struct{} // all of them, once there are manyKeys
}

// manyKeys is where comparing a new key with every other one becomes slower
// than a map.
const manyKeys = 32

// twice reports whether f has the key that is about to be appended to it.
// Most are not there, and most of these differ from all others in their mark,
// so that no comparison is needed.
func (n *names) twice(f *fields, name []byte) bool {
	if len(f.list) >= manyKeys {
		return n.among(f, name)
	}
	word, bit := mark8(name)
	known := n.marks[word]&bit != 0
	n.marks[word] |= bit
	return known && f.find(string(name)) >= 0
}

// mark8 picks one of 256 bits by the length of a name, both its ends and its
// middle.
func mark8(name []byte) (word, bit uint64) {
	n := len(name)
	if n == 0 {
		return 0, 1
	}
	h := uint32(n) | uint32(name[0])<<8 | uint32(name[n/2])<<16 | uint32(name[n-1])<<24
	h = h * 0x9e3779b1 >> 24 // Knuth's multiplicative hash
	return uint64(h / 64), 1 << (h % 64)
}

// among is twice for many keys.
func (n *names) among(f *fields, name []byte) bool {
	if n.many == nil {
		n.many = make(map[string]struct{}, 4*manyKeys)
		for i := range f.list {
			n.many[f.key(i)] = struct{}{}
		}
	}
	before := len(n.many)
	n.many[string(name)] = struct{}{}
	return len(n.many) == before
}
