package redisstore

import (
	"errors"
	"fmt"
)

// frames follow one direction of a connection, byte by byte, and tell where the
// values of the protocol end. They keep none of it. The zero value is at the
// beginning.
type frames struct {
	where where
	typ   byte   // of the value whose line is read
	last  byte   // the byte before
	line  int    // bytes of the line so far
	neg   bool   // a minus stands before the number
	num   int64  // the number in the line so far
	skip  int64  // bytes of a string that are still to come
	open  [8]int // values that are still to come in each of those around
	depth int    // how many those are

	size  int64 // bytes of the outermost value
	parts int64 // values in it
	outer byte  // its type
}

// A where is what comes next.
type where uint8

const (
	atType where = iota
	atLine
	atString
	atEnd // of a string: a line's end
)

// The most that one value may have. What we ask for is far below: a page of
// names, or one record.
const (
	maxAnswer = 2 * maxData
	maxParts  = 1 << 17
	maxLine   = 64 << 10
)

// errFrames is how an error begins that frames find.
var errFrames = errors.New("the server does not speak the protocol of Redis")

func badFrames(what string) error { return fmt.Errorf("%w: %s", errFrames, what) }

// feed reads on, and calls whole with the type of each outermost value that
// ends.
func (f *frames) feed(b []byte, whole func(typ byte) error) error {
	for len(b) > 0 {
		n := 1
		if f.where == atString {
			n = int(min(f.skip, int64(len(b))))
		}
		done, err := f.take(b[:n])
		if err != nil {
			return err
		}
		if f.size += int64(n); f.size > maxAnswer {
			return badFrames("an answer without an end")
		}
		if b = b[n:]; done && f.close() {
			if err := whole(f.outer); err != nil {
				return err
			}
			f.size, f.parts = 0, 0
		}
	}
	return nil
}

// take reads one byte, or some of a string, and reports whether a value that is
// not around others has ended.
func (f *frames) take(b []byte) (done bool, err error) {
	c := b[0]
	switch f.where {
	case atType:
		if f.parts++; f.parts == 1 {
			f.outer = c
		}
		f.where, f.typ, f.last, f.line, f.neg, f.num = atLine, c, 0, 0, false, 0
		return false, f.known()
	case atLine:
		if c == '\n' {
			return f.endLine()
		}
		f.last = c
		return false, f.inLine(c)
	case atString:
		if f.skip -= int64(len(b)); f.skip == 0 {
			f.where, f.line = atEnd, 0
		}
	case atEnd:
		if c != "\r\n"[f.line] {
			return false, badFrames("a string that is longer than it says")
		}
		f.line++
		done = f.line == 2
	}
	return done, nil
}

// known complains about a type that there is not. Those that come in pieces, of
// which nobody knows the number, no server sends.
func (f *frames) known() error {
	switch f.typ {
	case '+', '-', ':', ',', '(', '#', '_', '$', '!', '=', '*', '~', '>', '%':
		return nil
	}
	return badFrames(fmt.Sprintf("an answer that begins with %q", f.typ))
}

// counts reports whether the line of a value holds a number of bytes or values.
func (f *frames) counts() bool {
	switch f.typ {
	case '$', '!', '=', '*', '~', '>', '%':
		return true
	}
	return false
}

// inLine reads a byte of a line.
func (f *frames) inLine(c byte) error {
	f.line++
	switch {
	case f.line > maxLine:
		return badFrames("a line without an end")
	case !f.counts(), c == '\r':
	case c == '-' && f.line == 1:
		f.neg = true
	case c < '0' || c > '9' || f.line > 12:
		return badFrames("a length that is none")
	default:
		f.num = f.num*10 + int64(c-'0')
	}
	return nil
}

// endLine is at the end of a line. The last byte in it must be a carriage return,
// the only one where the client does not look.
func (f *frames) endLine() (done bool, err error) {
	digits := f.line - 1
	if f.neg {
		digits--
	}
	switch {
	case f.last != '\r', f.typ == '_' && digits != 0, f.typ == '#' && digits != 1:
		return false, badFrames("a line that is too long or too short")
	case !f.counts():
		return true, nil
	case digits < 1:
		return false, badFrames("a length that is none")
	case f.neg:
		if f.num != 1 || f.typ != '$' && f.typ != '*' {
			return false, badFrames("a negative length")
		}
		return true, nil // null, as it was in earlier versions
	}
	switch f.typ {
	case '$', '!', '=':
		if f.num > maxAnswer {
			return false, badFrames("a string past all measure")
		}
		if f.where, f.skip, f.line = atString, f.num, 0; f.num == 0 {
			f.where = atEnd
		}
		return false, nil
	}
	return f.enter()
}

// enter begins the values in another one. Without any it has ended.
func (f *frames) enter() (done bool, err error) {
	n := f.num
	if f.typ == '%' {
		n *= 2
	}
	switch {
	case n == 0:
		return true, nil
	case f.parts+n > maxParts, f.depth == len(f.open):
		return false, badFrames("more values in an answer than there can be")
	}
	f.open[f.depth] = int(n)
	f.depth++
	f.where = atType
	return false, nil
}

// close ends a value, and those around it of which it was the last. It reports
// whether the outermost has ended.
func (f *frames) close() bool {
	f.where = atType
	for f.depth > 0 {
		at := &f.open[f.depth-1]
		if *at--; *at > 0 {
			return false
		}
		f.depth--
	}
	return true
}
