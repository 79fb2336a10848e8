package sealed

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// The content of a token is one byte that says how the rest is packed, and
// the record as its AppendBinary writes it.
const (
	packedNot   = 0
	packedFlate = 1
)

// maxContent bounds what a small token may unfold to.
const maxContent = 1 << 20

// pack returns the content for a record, behind the place for what comes
// before it in a token.
func (s *Store) pack(rec *coatcheck.Record) ([]byte, error) {
	b := make([]byte, atBody+1, atBody+1+recordHead+len(rec.Owner)+len(rec.Meta)+len(rec.Data)+xaesTag)
	b[atBody] = packedNot
	b, err := rec.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	if len(b) > maxContent {
		return nil, fmt.Errorf("sealed: %w: %d bytes; at most %d can be sealed", coatcheck.ErrTooLarge, len(b), maxContent)
	}
	if s.opts.Compress {
		if packed := s.deflate(b[atBody+1:]); len(packed) < len(b) {
			return packed, nil
		}
	}
	return b, nil
}

// recordHead is what AppendBinary adds to a record's own bytes.
const recordHead = 88

// unpack returns the record of a content that was sealed by us.
func unpack(content []byte) (*coatcheck.Record, error) {
	var err error
	switch rest := content[1:]; content[0] {
	case packedNot:
		content = rest
	case packedFlate:
		if content, err = inflate(rest); err != nil {
			return nil, errContent
		}
	default:
		return nil, errFormat
	}
	rec := new(coatcheck.Record)
	if err := rec.UnmarshalBinary(content); err != nil {
		return nil, errContent
	}
	return rec, nil
}

// writers keep the memory of deflate, which is large.
type writers struct{ pool sync.Pool }

// deflate is pack's other form.
func (s *Store) deflate(plain []byte) []byte {
	out := bytes.NewBuffer(make([]byte, atBody, atBody+1+len(plain)+xaesTag))
	out.WriteByte(packedFlate)
	w, _ := s.writers.pool.Get().(*flate.Writer)
	if w == nil {
		w, _ = flate.NewWriter(out, flate.BestCompression) // the level is a good one
	} else {
		w.Reset(out)
	}
	// A Buffer takes everything.
	_, _ = w.Write(plain)
	_ = w.Close()
	s.writers.pool.Put(w)
	return out.Bytes()
}

func inflate(packed []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(packed))
	plain, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	if err == nil && len(plain) > maxContent {
		err = errContent
	}
	return plain, err
}
