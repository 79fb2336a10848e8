package coatcheck

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Key names one value of type T in every session. Keys are made once, as
// package-level variables; two with one name stand for the same value. A Key
// is immutable and safe for concurrent use. The zero Key names nothing: its
// changes fail and its reads find nothing.
//
// The value lives in the session, not in the Key: every method takes the
// [Session] that it works on, does no I/O, and may be called by several
// goroutines of the request at once.
type Key[T any] struct{ name string }

// reservedPrefix begins the names that the core keeps for itself.
const reservedPrefix = "coatcheck."

// NewKey returns the key of that name. It panics if [CheckKey] finds fault
// with the name, since keys are made when the program starts.
func NewKey[T any](name string) Key[T] {
	if err := CheckKey(name); err != nil {
		panic(err.Error())
	}
	return Key[T]{name}
}

// CheckKey returns an error unless name may name a key: valid UTF-8 of 1 to
// 128 bytes that does not begin with "coatcheck.". Check names that are not
// constants before NewKey; better, keep such data in one key that holds a map.
func CheckKey(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: a key needs a name", ErrInvalid)
	case len(name) > maxKeyLen:
		return fmt.Errorf("%w: the name of a key has %d bytes; at most %d are allowed", ErrInvalid, len(name), maxKeyLen)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: the name of a key must be valid UTF-8", ErrInvalid)
	case strings.HasPrefix(name, reservedPrefix):
		return fmt.Errorf("%w: names that begin with %q are reserved", ErrInvalid, reservedPrefix)
	}
	return nil
}

// Name returns the key's name.
func (k Key[T]) Name() string { return k.name }

// Get returns a private copy of the value, and T's zero value when there is
// none or it does not decode; use Lookup to tell these apart.
func (k Key[T]) Get(s *Session) T {
	v, _, _ := k.Lookup(s)
	return v
}

// Lookup returns a private copy of the value and whether there is one. A
// value that does not decode into T is [ErrDecode]; its bytes stay as they
// are. After the handler returned it is [ErrClosed].
func (k Key[T]) Lookup(s *Session) (v T, ok bool, err error) {
	raw, ok, err := s.get(k.name)
	if err != nil || !ok {
		return v, false, err
	}
	if s.m.json && decodeFast(raw, &v) {
		return v, true, nil
	}
	v, err = decodeSlow[T](s.m.opts.Codec, raw)
	if err != nil {
		var zero T
		return zero, false, s.decodeError(k.name, err)
	}
	return v, true, nil
}

// Set stores v. Of concurrent Sets of one key the last saved wins; other keys
// are not affected. It encodes v at once, so that later changes to v do not
// matter. An error of encoding or size sticks in [Session.Err] and fails the
// save.
func (k Key[T]) Set(s *Session, v T) {
	raw, err := encode(s, k.name, v, s.scratch())
	if err != nil {
		s.stick(err)
		return
	}
	s.put(change{name: k.name, value: raw, present: true})
}

// Delete removes the value. A missing one is no error.
func (k Key[T]) Delete(s *Session) { s.put(change{name: k.name}) }

// Pop returns the value as Get does, and removes it. A value that does not
// decode stays.
func (k Key[T]) Pop(s *Session) T {
	v, ok, err := k.Lookup(s)
	if ok && err == nil {
		k.Delete(s)
	}
	return v
}

// Update stores what fn makes of the value (of T's zero value when there is
// none). Unlike a Get and a Set it is never lost: if another request changed
// the session meanwhile, fn is called again with the new value when the
// session is saved, on the saving goroutine. So fn must have no side effects,
// and what Get shows before the save is provisional.
//
// A value that does not decode into T is [ErrDecode], which sticks in
// [Session.Err] and fails the save; its bytes stay as they are.
func (k Key[T]) Update(s *Session, fn func(T) T) { s.update(k.name, updateFunc[T](fn)) }
