package coatcheck

// A byteSet tells bytes apart in one step, for loops over what clients send
// and records hold.
type byteSet [256]bool

// setOf returns the set of the bytes that in accepts.
func setOf(in func(c byte) bool) (set byteSet) {
	for c := range set {
		set[c] = in(byte(c))
	}
	return set
}
