//go:build unix

package transfer_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Users begin, change, keep alive, renew and end the sessions of a store.
type users struct {
	t     *testing.T
	store coatcheck.Store
	live  []coatcheck.ID
	dead  map[coatcheck.ID]bool
	deeds int
}

// born returns a new session, as the core would begin it.
func born() *coatcheck.Record {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rec := &coatcheck.Record{
		Version: 1<<32 | uint64(rand.Uint32()), Created: now,
		Deadline: now.Add(12 * time.Hour), Expires: now.Add(time.Hour + time.Duration(rand.IntN(1_000_000))*time.Millisecond),
		Meta: binary.BigEndian.AppendUint64([]byte{1, 0, 0, 0}, rand.Uint64()),
		Data: fmt.Appendf(nil, `{"n":%d,"cart":["scarf","hat"]}`, rand.Uint32()),
	}
	for i := 0; i < len(rec.ID); i += 8 {
		binary.BigEndian.PutUint64(rec.ID[i:], rand.Uint64())
	}
	if rand.IntN(2) == 0 {
		rec.Owner, rec.AuthTime = fmt.Sprint("user-", rand.IntN(1000)), now
	}
	return rec
}

// begin begins so many sessions.
func (u *users) begin(n int) {
	u.t.Helper()
	for range n {
		rec := born()
		if err := u.store.Create(context.Background(), rec); err != nil {
			u.t.Fatal(err)
		}
		u.live = append(u.live, rec.ID)
	}
}

// act does one thing to one session.
func (u *users) act(ctx context.Context) error {
	i := rand.IntN(len(u.live))
	rec, err := u.store.Load(ctx, u.live[i])
	if err != nil {
		return err
	}
	next := *rec
	next.Version = (rec.Version>>32+1)<<32 | uint64(rand.Uint32())
	switch rand.IntN(6) {
	case 0:
		return u.store.Touch(ctx, rec.ID, rec.Expires.Add(time.Duration(rand.IntN(900))*time.Second))
	case 1: // renewed: the next one, and then a stub in the place of the old one
		u.begin(1)
		next.Owner, next.Data, next.Meta = "", nil, []byte{1, 1, 0, 0}
		next.Deadline = time.Now().UTC().Truncate(time.Millisecond).Add(time.Hour)
		next.Expires = next.Deadline
		u.strike(i)
		return u.store.Replace(ctx, &next, rec.Version)
	case 2:
		u.begin(1)
		u.strike(i)
		return u.store.Delete(ctx, rec.ID)
	}
	next.Data = fmt.Appendf(nil, `{"n":%d,"cart":[]}`, rand.Uint32())
	return u.store.Replace(ctx, &next, rec.Version)
}

// strike takes a session out of those that live.
func (u *users) strike(i int) {
	u.dead[u.live[i]] = true
	u.live[i] = u.live[len(u.live)-1]
	u.live = u.live[:len(u.live)-1]
}

// work acts, with a pause after each deed, until the returned function is
// called.
func (u *users) work(pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := u.act(ctx); err != nil && !errors.Is(err, context.Canceled) {
				u.t.Error(err)
				return
			}
			u.deeds++
		}
	})
	return func() { cancel(); all.Wait() }
}
