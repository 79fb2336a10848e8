package coatcheck

// metaParts are the optional parts of a Meta, as they are stored: each a tag,
// a length and so many bytes, in the order of their tags, each tag once. Parts
// that this version does not know are kept.
type metaParts []byte

// A partTag names an optional part of a Meta.
type partTag byte

// sound reports whether the parts can be told apart.
func (p metaParts) sound() bool {
	var last byte
	for len(p) > 0 {
		if len(p) < 2 || p[0] <= last || len(p) < 2+int(p[1]) {
			return false
		}
		last, p = p[0], p[2+int(p[1]):]
	}
	return true
}

// get returns a part's bytes, nil if there is no such part.
func (p metaParts) get(tag partTag) []byte {
	for len(p) > 0 {
		n := 2 + int(p[1])
		if p[0] == byte(tag) {
			return p[2:n:n]
		}
		p = p[n:]
	}
	return nil
}

// with returns a copy in which a part has these bytes, at most 255. Without
// any it is left out.
func (p metaParts) with(tag partTag, value []byte) metaParts {
	next := make(metaParts, 0, len(p)+2+len(value))
	for len(p) > 0 && p[0] < byte(tag) {
		n := 2 + int(p[1])
		next, p = append(next, p[:n]...), p[n:]
	}
	if len(p) > 0 && p[0] == byte(tag) {
		p = p[2+int(p[1]):]
	}
	if len(value) > 0 {
		next = append(append(next, byte(tag), byte(len(value))), value...)
	}
	return append(next, p...)
}
