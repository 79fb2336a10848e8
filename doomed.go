package coatcheck

import (
	"context"
	"sync"
)

// A doomed is a record that a purge will delete.
type doomed struct {
	id    ID
	stray bool // no session
}

// A purge deletes in waves of this size. Of one that is longer than brief, as many
// calls as abreast says are under way at one time: stores that wait for a disk
// share the wait then, and other users of the store notice no more of it than of
// some requests.
const (
	wave    = 64
	brief   = 16
	abreast = 8
)

// doom adds a record to the next wave.
func (p *purge) doom(ctx context.Context, d doomed) error {
	p.doomed = append(p.doomed, d)
	if len(p.doomed) < wave {
		return nil
	}
	return p.strike(ctx)
}

// strike deletes what is in the wave.
func (p *purge) strike(ctx context.Context) error {
	list := p.doomed
	p.doomed = p.doomed[:0]
	if len(list) > brief {
		return p.strikeAbreast(ctx, list)
	}
	for _, d := range list {
		if err := p.end(ctx, &p.c, d); err != nil {
			return err
		}
	}
	return nil
}

// strikeAbreast deletes several at a time. After an error it goes on with the
// others, and returns the first. A panic of the store is the caller's, who may
// recover from it; on a goroutine of ours it would end the process.
func (p *purge) strikeAbreast(ctx context.Context, list []doomed) error {
	var (
		wg     sync.WaitGroup
		queue  = make(chan doomed, len(list))
		errs   = make(chan error, len(list))
		panics = make(chan any, abreast)
	)
	for _, d := range list {
		queue <- d
	}
	close(queue)
	for range abreast {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panics <- r
				}
			}()
			c := p.m.scratchCaller()
			for d := range queue {
				if err := p.end(ctx, &c, d); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	select {
	case r := <-panics:
		panic(r)
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// end deletes one record and counts it.
func (p *purge) end(ctx context.Context, c *caller, d doomed) error {
	if err := c.remove(ctx, d.id); err != nil {
		return err
	}
	p.m.hub.lost(d.id, ErrDestroyed)
	if !d.stray {
		p.n.Add(1)
	}
	return nil
}
