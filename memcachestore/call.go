package memcachestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/coatcheck/coatcheck"
)

// once makes a call of the client, which knows no contexts. If ctx ends first,
// the call goes on for the client's timeout at most, nobody learns its outcome,
// and the error is ctx's.
func once[T any](ctx context.Context, s *Store, call func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if ctx.Done() == nil {
		defer s.leave()
		return call()
	}
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		defer s.leave()
		value, err := call()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// leave closes what the client has put aside for calls to come if the store was
// closed during the one that ends here.
func (s *Store) leave() {
	if s.closed.Load() && s.ours {
		_ = s.client.Close()
	}
}

// maxAgain bounds the connections of a dead server that again may meet.
const maxAgain = 256

// again makes a call that may be repeated, until it does not meet a connection
// that the server has closed: after a restart of the server the client still
// has all those that were idle.
func again[T any](ctx context.Context, s *Store, call func() (T, error)) (value T, err error) {
	for range maxAgain {
		value, err = once(ctx, s, call)
		if !hungUp(err) {
			break
		}
	}
	return value, err
}

// hungUp reports whether the server closed a connection that was open.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// translate turns what memcached says into the words of the contract.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, memcache.ErrCacheMiss):
		return coatcheck.ErrNotFound
	case strings.Contains(err.Error(), "SERVER_ERROR object too large"):
		return fmt.Errorf("memcachestore: %w: it is over the server's item limit, which memcached's -I sets", coatcheck.ErrTooLarge)
	case strings.Contains(err.Error(), "SERVER_ERROR out of memory"),
		strings.Contains(err.Error(), "SERVER_ERROR Out of memory"): // met while it reads the value
		return fmt.Errorf("memcachestore: %w: memcached has no room and may not evict", coatcheck.ErrFull)
	}
	return err
}
