package coatcheck_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"log"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// gobCodec encodes values by encoding/gob and joins them as lengths and bytes.
type gobCodec struct{}

func (gobCodec) Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func (gobCodec) Decode(value []byte, v any) error {
	return gob.NewDecoder(bytes.NewReader(value)).Decode(v)
}

func (gobCodec) AppendEntry(data []byte, key string, value []byte) []byte {
	data = binary.AppendUvarint(data, uint64(len(key)))
	data = append(data, key...)
	data = binary.AppendUvarint(data, uint64(len(value)))
	return append(data, value...)
}

func (gobCodec) Split(data []byte, entry func(key, value []byte) error) error {
	next := func() ([]byte, error) {
		n, used := binary.Uvarint(data)
		if used <= 0 || n > uint64(len(data)-used) {
			return nil, errors.New("truncated")
		}
		part := data[used : used+int(n)]
		data = data[used+int(n):]
		return part, nil
	}
	for len(data) > 0 {
		key, err := next()
		if err != nil {
			return err
		}
		value, err := next()
		if err != nil {
			return err
		}
		if err := entry(key, value); err != nil {
			return err
		}
	}
	return nil
}

type point struct{ X, Y complex128 } // which JSON cannot encode

var origin = coatcheck.NewKey[point]("origin")

// A codec owns the form of the values and of what joins them.
func ExampleCodec() {
	m, err := coatcheck.New(memstore.New(nil), &coatcheck.Options{Codec: gobCodec{}})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	s, err := m.Open(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	origin.Set(s, point{1i, 2})
	if err := s.Save(ctx); err != nil {
		log.Fatal(err)
	}
	again, err := m.Open(ctx, s.Token())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(origin.Get(again))
	// Output: {(0+1i) (2+0i)}
}
