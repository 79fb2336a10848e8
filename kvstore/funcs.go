package kvstore

import (
	"context"
	"time"
)

// Funcs is a [KV] made of functions: Read does what KV says of Get, Write of Put,
// and Remove of Delete. All three must be set; [New] refuses one that lacks any.
type Funcs struct {
	Read   func(ctx context.Context, key string) (value []byte, rev Revision, err error)
	Write  func(ctx context.Context, key string, value []byte, rev Revision, until time.Time) error
	Remove func(ctx context.Context, key string) error
}

// Get implements [KV].
func (f Funcs) Get(ctx context.Context, key string) ([]byte, Revision, error) {
	return f.Read(ctx, key)
}

// Put implements [KV].
func (f Funcs) Put(ctx context.Context, key string, value []byte, rev Revision, until time.Time) error {
	return f.Write(ctx, key, value, rev, until)
}

// Delete implements [KV].
func (f Funcs) Delete(ctx context.Context, key string) error { return f.Remove(ctx, key) }

// missing names the function that is not set, or is "".
func (f Funcs) missing() string {
	switch {
	case f.Read == nil:
		return "Read"
	case f.Write == nil:
		return "Write"
	case f.Remove == nil:
		return "Remove"
	}
	return ""
}
