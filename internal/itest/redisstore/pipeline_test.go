//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// reads returns how often a server has read from a connection.
func reads(t testing.TB, addr string) (n int) {
	t.Helper()
	text, err := servers.RedisCLI(addr, "info", "stats")
	must(t, err)
	for line := range strings.Lines(text) {
		if _, err := fmt.Sscanf(line, "total_reads_processed:%d", &n); err == nil {
			return n
		}
	}
	t.Fatalf("INFO stats tells of no reads: %s", text)
	return 0
}

// onOneProcessor lets goroutines run one at a time, so that which of them are
// ready at once does not depend on the machine.
func onOneProcessor(t testing.TB) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestCallsShareSystemCalls: commands of calls that are made at once reach the
// server together.
func TestCallsShareSystemCalls(t *testing.T) {
	onOneProcessor(t)
	srv := server(t, nil)
	s := open(t, singleURL(srv.Addr), nil)
	rec := stored(t, s, newRecord("ann"))
	const callers, each = 32, 50
	before := reads(t, srv.Addr)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if _, err := s.Load(t.Context(), rec.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := reads(t, srv.Addr) - before; n > callers*each/4 {
		t.Errorf("%d calls of %d callers were read in %d pieces", callers*each, callers, n)
	}
}

// TestCallsThatShareEndByThemselves: of calls whose commands are sent together,
// one whose context ends returns at once, and the others get their answers.
func TestCallsThatShareEndByThemselves(t *testing.T) {
	onOneProcessor(t)
	r := newRelay(t, one.Addr)
	s := open(t, singleURL(r.addr), nil)
	rec := stored(t, s, newRecord("ann"))
	arrived, gate := make(chan bool, 1), make(chan bool)
	r.on(func(cmd []string) fate {
		if strings.EqualFold(cmd[0], "HMGET") {
			select {
			case arrived <- true:
			default:
			}
			<-gate
		}
		return fate{}
	})
	ctx, cancel := context.WithCancel(t.Context())
	load := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() { _, err := s.Load(ctx, rec.ID); done <- err }()
		return done
	}
	var others []<-chan error
	first := load(ctx)
	for range 200 {
		others = append(others, load(t.Context()))
	}
	last := load(ctx)
	<-arrived
	cancel()
	for _, done := range []<-chan error{first, last} {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a call that was cancelled: %v", err)
		}
	}
	close(gate)
	for _, done := range others {
		if err := <-done; err != nil {
			t.Errorf("a call beside one that was cancelled: %v", err)
		}
	}
}

// TestSharedAnswersAreTheRightOnes: whoever calls gets the answer to their own
// command, also where those of others are refusals.
func TestSharedAnswersAreTheRightOnes(t *testing.T) {
	s := open(t, singleURL(one.Addr), nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				if err := differentAnswers(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// differentAnswers makes calls of which each has an answer of another kind.
func differentAnswers(ctx context.Context, s coatcheck.Store) error {
	rec := newRecord("ann")
	if _, err := s.Load(ctx, rec.ID); !errors.Is(err, coatcheck.ErrNotFound) {
		return fmt.Errorf("Load of what is not there: %w", err)
	}
	if err := s.Create(ctx, rec); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	if err := s.Replace(ctx, next(rec), rec.Version+1); !errors.Is(err, coatcheck.ErrConflict) {
		return fmt.Errorf("Replace of another version: %w", err)
	}
	if got, err := s.Load(ctx, rec.ID); err != nil || got.Version != rec.Version {
		return fmt.Errorf("Load: %v, %w", got, err)
	}
	return s.Delete(ctx, rec.ID)
}
