package coatcheck

import (
	"encoding/json"
	"fmt"
)

// A Codec turns a session's values into the bytes of a record and back. It
// owns the container, which joins the values of all keys, and the form of each
// value. Its methods are called concurrently and must not keep or change the
// slices that they are given.
//
// Values are decoded one by one when they are asked for; those that nobody
// asks for, or that the program does not know, pass through as they are. All
// programs that share a store must use the same codec.
type Codec interface {
	// Encode returns the form of one value.
	Encode(v any) ([]byte, error)

	// Decode puts an encoded value into v, a pointer.
	Decode(value []byte, v any) error

	// Split calls entry for each key of data, in the order in which they
	// stand there, and stops at its first error. The slices may alias data.
	// Data that cannot be split is an error. Empty data has no keys.
	Split(data []byte, entry func(key, value []byte) error) error

	// AppendEntry appends one key and its value to data, which is empty or
	// came from AppendEntry, so that Split finds them again.
	AppendEntry(data []byte, key string, value []byte) []byte
}

// JSON is the default [Codec]: the data of a record is one JSON object with a
// member for each key, as [encoding/json] reads and writes it. Any program and
// any database that knows JSON can read it. The zero value is ready for use.
type JSON struct{}

// Encode implements [Codec] by [json.Marshal]. A value in which arrays and
// objects nest more than 512 deep is [ErrTooLarge], since Split refuses it.
func (JSON) Encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil || len(raw) <= 2*maxDepth { // each level takes two bytes
		return raw, err
	}
	if _, err := valueEnd(raw, 0); err != nil {
		return nil, fmt.Errorf("%w: arrays and objects nest more than %d deep in it", ErrTooLarge, maxDepth)
	}
	return raw, nil
}

// Decode implements [Codec] by [json.Unmarshal].
func (JSON) Decode(value []byte, v any) error { return json.Unmarshal(value, v) }

// Split implements [Codec]. It checks the structure of the whole object, but
// of the values only that they end where they should.
func (JSON) Split(data []byte, entry func(key, value []byte) error) error {
	var f fields
	if err := f.splitJSON(data, greatestKeys); err != nil {
		return err
	}
	for i := range f.list {
		if err := entry([]byte(f.key(i)), f.value(i)); err != nil {
			return err
		}
	}
	return nil
}

// AppendEntry implements [Codec].
func (JSON) AppendEntry(data []byte, key string, value []byte) []byte {
	if len(data) == 0 {
		data = append(data, '{')
	} else {
		data[len(data)-1] = ','
	}
	data = appendJSONString(data, key)
	data = append(data, ':')
	data = append(data, value...)
	return append(data, '}')
}
