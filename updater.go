package coatcheck

import "fmt"

// An updater is an update function with its type erased.
type updater interface {
	// apply returns the encoded new value for the encoded old one, in
	// scratch if that is large enough.
	apply(s *Session, name string, old []byte, present bool, scratch []byte) ([]byte, error)
}

// An updateFunc is an updater without an allocation: a function fits into an
// interface as it is.
type updateFunc[T any] func(T) T

func (fn updateFunc[T]) apply(s *Session, name string, old []byte, present bool, scratch []byte) ([]byte, error) {
	var v T
	if present && !(s.m.json && decodeFast(old, &v)) {
		slow, err := decodeSlow[T](s.m.opts.Codec, old)
		if err != nil {
			return nil, s.decodeError(name, err)
		}
		v = slow
	}
	return encode(s, name, fn(v), scratch)
}

// decodeSlow is apart from decodeFast so that only here the value moves to
// the heap; encodeSlow likewise.
//
//go:noinline
func decodeSlow[T any](codec Codec, raw []byte) (v T, err error) {
	err = codec.Decode(raw, &v)
	return v, err
}

//go:noinline
func encodeSlow[T any](codec Codec, v T) ([]byte, error) { return codec.Encode(v) }

// encode returns the encoded form of v, in scratch if that is large enough.
func encode[T any](s *Session, name string, v T, scratch []byte) ([]byte, error) {
	if s.m.json {
		if raw, ok := encodeFast(scratch, &v); ok {
			return raw, nil
		}
	}
	raw, err := encodeSlow(s.m.opts.Codec, v)
	if err != nil {
		return nil, fmt.Errorf("coatcheck: key %q: encode: %w", name, err)
	}
	return raw, nil
}
