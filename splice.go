package coatcheck

import (
	"bytes"
	"slices"
)

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

// appendJSON appends one JSON object to b, which is empty, and to list its
// index, unless that has no capacity. Runs of untouched members are copied
// whole.
func (s *splice) appendJSON(b []byte, list []field) ([]byte, []field) {
	b = append(b, '{')
	if !s.c.cleared {
		b, list = s.appendOld(b, list)
	}
	for i, at := range s.at {
		if ch := &s.c.list[i]; at < 0 && ch.present {
			b = comma(b)
			begin := len(b)
			b = appendJSONString(b, ch.name)
			list = note(list, b, begin)
			b = append(b, ':')
			b = append(b, ch.value...)
		}
	}
	return append(b, '}'), list
}

// appendOld appends the members that are there already.
func (s *splice) appendOld(b []byte, list []field) ([]byte, []field) {
	from := 0 // where the run of untouched members begins
	for {
		j := s.next(from)
		if j < 0 {
			return s.appendRun(b, list, from, len(s.base.list))
		}
		at := s.at[j]
		b, list = s.appendRun(b, list, from, at)
		from = at + 1
		if ch := &s.c.list[j]; ch.present {
			e := s.base.list[at]
			b = comma(b)
			begin := len(b)
			b = append(b, s.base.buf[e.from()-1:e.to()+1]...)
			list = note(list, b, begin)
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
func (s *splice) appendRun(b []byte, list []field, from, to int) ([]byte, []field) {
	if from == to {
		return b, list
	}
	b = comma(b)
	run := s.base.list[from:to]
	begin := run[0].from() - 1
	if cap(list) > 0 {
		by := uint32(len(b)) - begin
		for _, e := range run {
			list = append(list, field{e.key + by, e.keyEnd + by})
		}
	}
	return append(b, s.base.buf[begin:s.base.behind(to-1)]...), list
}

// note appends the key that is the end of b, whose quotes begin there, to list,
// unless that has no capacity.
func note(list []field, b []byte, begin int) []field {
	if cap(list) == 0 {
		return list
	}
	e := field{uint32(begin + 1), uint32(len(b) - 1)}
	if bytes.IndexByte(b[begin:], '\\') >= 0 {
		e.keyEnd |= escaped
	}
	return append(list, e)
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
