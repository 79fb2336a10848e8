package main

import (
	"errors"
	"sync"

	"github.com/coatcheck/coatcheck"
)

const ramShards = 256

// A ram is the fastest way there is: a sharded map in one process, which
// copies payloads in and out as anything that is not Go memory must.
type ram struct{ shards [ramShards]ramShard }

type ramShard struct {
	mu     sync.RWMutex
	values map[coatcheck.ID]value
	_      [64]byte // another shard's lock is on another cache line
}

func ramKind() kind {
	return kind{
		name: ramName, ram: true,
		settings: "256 maps under read-write locks; values are overwritten in place, and copied out under the lock",
		open: func(setup) (engine, error) {
			r := new(ram)
			for i := range r.shards {
				r.shards[i].values = map[coatcheck.ID]value{}
			}
			return r, nil
		},
	}
}

func (r *ram) hand() (hand, error) { return r, nil }
func (r *ram) compact() error      { return errors.ErrUnsupported }
func (r *ram) close() error        { return nil }

func (r *ram) shard(id coatcheck.ID) *ramShard { return &r.shards[id[0]] }

func (r *ram) get(id coatcheck.ID) (uint64, []byte, error) {
	s := r.shard(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.values[id].read()
}

func (r *ram) create(id coatcheck.ID, rec record) error {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[id] = encode(make([]byte, 0, valueHead+len(rec.payload)), rec)
	return nil
}

func (r *ram) replace(id coatcheck.ID, old uint64, rec record) error {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.values[id]
	v, err := was.successor(was[:0], old, rec)
	if err == nil && len(v) != len(was) {
		s.values[id] = v
	}
	return err
}

func (r *ram) touch(id coatcheck.ID, expires int64) error {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.values[id]
	if !v.live() {
		return errAbsent
	}
	v.setExpires(v.later(expires))
	return nil
}

func (r *ram) remove(id coatcheck.ID) error {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, id)
	return nil
}
