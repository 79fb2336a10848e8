package coatcheck

import "slices"

// A splice is a record's data with changes put in their places.
type splice struct {
	base *fields
	c    *changes
	at   []int // where base has the key of each change, -1 for a new one
}

// few is how many places are found without an allocation.
const few = 8

// places appends where base has the key of each change, -1 for a new one.
func (c *changes) places(base *fields, at []int) []int {
	for i := range c.list {
		if c.cleared {
			at = append(at, -1)
		} else {
			at = append(at, base.find(c.list[i].name))
		}
	}
	return at
}

// keys counts the keys.
func (s *splice) keys() int {
	n := 0
	if !s.c.cleared {
		n = len(s.base.list)
	}
	for i, at := range s.at {
		switch present := s.c.list[i].present; {
		case present && at < 0:
			n++
		case !present && at >= 0:
			n--
		}
	}
	return n
}

// size is an upper bound of the length of what appendJSON appends.
func (s *splice) size() int {
	n := 2
	if !s.c.cleared {
		n = max(n, len(s.base.buf))
	}
	for i, at := range s.at {
		ch := &s.c.list[i]
		if at >= 0 {
			n += len(ch.value) - len(s.base.value(at))
		} else {
			n += jsonSize(ch.name) + len(ch.value) + 2
		}
	}
	return n
}

// appendJSON appends one JSON object. Runs of untouched members are copied
// whole.
func (s *splice) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if !s.c.cleared {
		b = s.appendOld(b)
	}
	for i, at := range s.at {
		if ch := &s.c.list[i]; at < 0 && ch.present {
			b = appendJSONString(comma(b), ch.name)
			b = append(b, ':')
			b = append(b, ch.value...)
		}
	}
	return append(b, '}')
}

// appendOld appends the members that are there already.
func (s *splice) appendOld(b []byte) []byte {
	from := 0 // where the run of untouched members begins
	for {
		j := s.next(from)
		if j < 0 {
			return s.appendRun(b, from, len(s.base.list))
		}
		at := s.at[j]
		b = s.appendRun(b, from, at)
		from = at + 1
		if ch := &s.c.list[j]; ch.present {
			e := s.base.list[at]
			b = append(comma(b), s.base.buf[e.from()-1:e.to()+1]...)
			b = append(b, ':')
			b = append(b, ch.value...)
		}
	}
}

// next returns the change of the first changed member from there on, or -1.
func (s *splice) next(from int) int {
	next := -1
	for j, at := range s.at {
		if at >= from && (next < 0 || at < s.at[next]) {
			next = j
		}
	}
	return next
}

// appendRun appends the members from one to another as they are.
func (s *splice) appendRun(b []byte, from, to int) []byte {
	if from == to {
		return b
	}
	return append(comma(b), s.base.buf[s.base.list[from].from()-1:s.base.behind(to-1)]...)
}

// comma appends what stands before the next member: nothing before the first.
// No value ends in an opening brace.
func comma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

// appendBy does what appendJSON does, by any codec.
func (s *splice) appendBy(codec Codec) []byte {
	var b []byte
	if !s.c.cleared {
		for i := range s.base.list {
			value := s.base.value(i)
			if j := slices.Index(s.at, i); j >= 0 {
				if !s.c.list[j].present {
					continue
				}
				value = s.c.list[j].value
			}
			b = codec.AppendEntry(b, s.base.key(i), value)
		}
	}
	for i, at := range s.at {
		if ch := &s.c.list[i]; at < 0 && ch.present {
			b = codec.AppendEntry(b, ch.name, ch.value)
		}
	}
	return b
}
