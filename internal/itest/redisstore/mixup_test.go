//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

// TestNobodyGetsAnothersAnswer: however many calls end while their answers are on
// the way, each that is answered gets its own.
func TestNobodyGetsAnothersAnswer(t *testing.T) {
	p := newNetwork(t, one.Addr)
	_, err := p.Toxics.AddToxicJson(strings.NewReader(`{"name":"slow","toxicity":1,"type":"slicer","stream":"downstream","attributes":{"average_size":90,"size_variation":60,"delay":100}}`))
	must(t, err)
	for name, opts := range map[string]*redisstore.Options{"plain": nil, "cached": {CacheSize: 10, CacheAge: time.Millisecond}} {
		s := open(t, singleURL(p.Listen), opts)
		var recs []*coatcheck.Record
		for range 20 {
			rec := newRecord("")
			rec.Data = []byte(rec.ID.String())
			recs = append(recs, stored(t, s, rec))
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for range scale(60, 3000) {
					if err := ownAnswer(t.Context(), s, recs[rand.N(len(recs))]); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		all.Wait()
	}
}

// ownAnswer loads a record, changes it, or looks for one that there is not, in a
// time that may be too short, and checks what comes of it.
func ownAnswer(ctx context.Context, s coatcheck.Store, rec *coatcheck.Record) error {
	ctx, cancel := context.WithTimeout(ctx, rand.N(8*time.Millisecond))
	defer cancel()
	switch rand.N(3) {
	case 0:
		absent := rec.ID
		absent[0]++
		if got, err := s.Load(ctx, absent); err == nil || errors.Is(err, coatcheck.ErrCorrupt) {
			return fmt.Errorf("Load of what is not there: %v, %w", got, err)
		}
	case 1:
		if err := s.Replace(ctx, rec, rec.Version+1); !errors.Is(err, coatcheck.ErrConflict) && !isUnknown(err) {
			return fmt.Errorf("Replace at another version: %w", err)
		}
	default:
		got, err := s.Load(ctx, rec.ID)
		if err == nil && string(got.Data) != rec.ID.String() || err != nil && !isUnknown(err) {
			return fmt.Errorf("Load of %s: %v, %w", rec.ID.Short(), got, err)
		}
	}
	return nil
}

// isUnknown reports whether an error says nothing about the session.
func isUnknown(err error) bool {
	for _, known := range []error{coatcheck.ErrNotFound, coatcheck.ErrConflict, coatcheck.ErrExists, coatcheck.ErrCorrupt} {
		if errors.Is(err, known) {
			return false
		}
	}
	return err != nil
}
