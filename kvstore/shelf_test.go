package kvstore_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// A shelf is a complete key-value API in memory.
type shelf struct {
	mu     sync.Mutex
	last   int // the last revision that was given
	things map[string]thing
}

type thing struct {
	value []byte
	rev   kvstore.Revision
	until time.Time
}

func newShelf() *shelf { return &shelf{things: map[string]thing{}} }

func (s *shelf) Get(ctx context.Context, key string) ([]byte, kvstore.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.things[key]
	if !ok {
		return nil, kvstore.None, coatcheck.ErrNotFound
	}
	return t.value, t.rev, ctx.Err()
}

func (s *shelf) Put(ctx context.Context, key string, value []byte, rev kvstore.Revision, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.things[key].rev != rev {
		return coatcheck.ErrConflict
	}
	s.last++
	s.things[key] = thing{slices.Clone(value), kvstore.Revision(strconv.Itoa(s.last)), until}
	return ctx.Err()
}

func (s *shelf) Delete(ctx context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.things, key)
	return ctx.Err()
}

func (s *shelf) DeleteIf(ctx context.Context, key string, rev kvstore.Revision) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.things[key]; !ok || t.rev != rev {
		return coatcheck.ErrConflict
	}
	delete(s.things, key)
	return ctx.Err()
}

func (s *shelf) Scan(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.things {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(limit, len(keys))], ctx.Err()
}

// change replaces the value of a key behind everybody's back.
func (s *shelf) change(key string, by func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.things[key]
	t.value = by(slices.Clone(t.value))
	s.things[key] = t
}

// keys returns those that hold part.
func (s *shelf) keys(part string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.things {
		if strings.Contains(key, part) {
			found = append(found, key)
		}
	}
	return found
}

// plain returns the three functions of the shelf and nothing else.
func (s *shelf) plain() kvstore.Funcs {
	return kvstore.Funcs{Read: s.Get, Write: s.Put, Remove: s.Delete}
}
