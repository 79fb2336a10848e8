package coatcheck

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
)

// A formBody is the body of a form that both the carrier and the handler read,
// in either order: what was read is kept, up to a limit. It is a context, too,
// because that is where a visit finds it again, whatever the handler put into
// the place of the request's body.
type formBody struct {
	context.Context
	boundary string // of a multipart form
	limit    int

	mu   sync.Mutex
	src  io.ReadCloser
	kept []byte
	read int   // how much of kept the handler has
	over bool  // there is more than the limit
	err  error // why src has no more
}

// Read implements io.Reader for the handler.
func (b *formBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read < len(b.kept) {
		n := copy(p, b.kept[b.read:])
		b.read += n
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.src.Read(p)
	b.err = err
	b.keep(p[:n])
	return n, err
}

// keep keeps what the handler has read, unless that is too much: then nobody
// needs it any more.
func (b *formBody) keep(p []byte) {
	b.over = b.over || len(b.kept)+len(p) > b.limit
	if b.over {
		b.kept, b.read = nil, 0
		return
	}
	b.kept = append(b.kept, p...)
	b.read = len(b.kept)
}

// Close implements io.Closer.
func (b *formBody) Close() error { return b.src.Close() }

// whole reads the rest, for the carrier, and returns all.
func (b *formBody) whole() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for !b.over && b.err == nil {
		if len(b.kept) == cap(b.kept) {
			b.kept = slices.Grow(b.kept, 512)
		}
		var n int
		n, b.err = b.src.Read(b.kept[len(b.kept):cap(b.kept)])
		b.kept = b.kept[:len(b.kept)+n]
		b.over = len(b.kept) > b.limit
	}
	switch {
	case b.over:
		return nil, &http.MaxBytesError{Limit: int64(b.limit)}
	case b.err != io.EOF:
		return nil, &bodyError{b.err}
	}
	return b.kept, nil
}
