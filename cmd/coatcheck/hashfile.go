package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/transfer"
)

// hashFile returns the path of the store if it is a hash file, which must
// exist, and which nobody may keep locked.
func (p *place) hashFile(ctx context.Context) (path string, ok bool, err error) {
	if err := p.check(); err != nil {
		return "", false, err
	}
	url, err := p.locate()
	if err != nil {
		return "", false, err
	}
	path, _ = localPath(url)
	if !strings.HasPrefix(url, "hash:") || path == "" {
		return "", false, nil
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return path, true, exit.With(exit.NotFound, lackf("there is no store at %s: coatcheck create makes one", path))
	}
	return path, true, awaitLock(ctx, path, p.timeout) // what else is wrong with it, opening tells
}

// awaitLock waits until nobody keeps a file locked, for limit at most: the
// work itself would be more patient.
func awaitLock(ctx context.Context, path string, limit time.Duration) error {
	if !isFile(path) {
		return nil // opening a pipe would wait for its other end
	}
	f, err := os.Open(path)
	if err != nil {
		return nil // the work says it better
	}
	defer f.Close()
	poll := time.NewTicker(min(limit, 20*time.Millisecond))
	defer poll.Stop()
	for begun := time.Now(); ; {
		free, err := transfer.TryLock(f)
		if free || err != nil { // or this system has no such locks
			return ctx.Err()
		}
		if time.Since(begun) > limit {
			return lockedFor(path, limit)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lockedFor is the error of a file that somebody has locked for so long.
func lockedFor(name string, limit time.Duration) error {
	return exit.With(exit.Busy, fmt.Errorf("%s did not open within %v: somebody may hold it locked", name, limit))
}

// until returns what work does, unless ctx ends first. What is left of the work
// then ends with the program.
func until[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
