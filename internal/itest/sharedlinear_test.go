//go:build linux

package itest_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/internal/itest/crash/simple"
)

// sharedTargets are the stores that several processes may open at once. The
// first one is too simple to be wrong.
var sharedTargets = []target{
	simpleTarget(""),
	sharedHash("hashstore", false),
	sharedHash("hashstore, portable", true),
}

// sharedHash is a file that is swept and moved together all the time.
func sharedHash(name string, portable bool) target {
	return target{name, true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return hashstore.Open(dir+"/sessions", &hashstore.Options{
			Now: now, Portable: portable, MaxBytes: 32 << 20, SweepInterval: 5 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		})
	}}
}

func simpleTarget(flaw simple.Flaw) target {
	name := "simple"
	if flaw != "" {
		name += ", " + string(flaw)
	}
	return target{name, true, func(dir string, now func() time.Time) (coatcheck.Store, error) {
		return simple.Open(dir+"/sessions", simple.Options{Flaw: flaw, Now: now})
	}}
}

// processes is how many work on one store.
const processes = 4

// TestStoresAreLinearizableOverProcesses: what clients in several processes see
// of one store is what they would see if each call took effect in one moment.
func TestStoresAreLinearizableOverProcesses(t *testing.T) {
	for _, target := range sharedTargets {
		t.Run(target.name, func(t *testing.T) {
			dir := t.TempDir()
			b := target.setUp(dir, time.Now, t.Errorf)
			defer b.tearDown()
			crew := startCrew(t, target.name, dir)
			model := storeModel()
			sum := newTally(t, target.name+", 4 processes")
			for goal := scale(15_000, 200_000); sum.operations < goal || sum.histories < len(weathers); {
				weather, crowd := weathers[sum.histories%3], crowds[sum.histories/3%3]
				h := crew.history(b, weather, crowd, fmt.Sprint("history ", sum.histories))
				requireLinear(t, model, h)
				sum.add(h, weather, model)
			}
			sum.close(answerNames[:]...)
		})
	}
}

// TestAStoreWithoutALockIsNotLinearizable: the clients of several processes meet
// often enough to show what a store does that forgets the others.
func TestAStoreWithoutALockIsNotLinearizable(t *testing.T) {
	target := simpleTarget(simple.NoLock)
	dir := t.TempDir()
	b := target.setUp(dir, time.Now, t.Logf)
	defer b.tearDown()
	crew := startCrew(t, target.name, dir)
	crew.report = t.Logf
	model := storeModel()
	for n := range maxHistories {
		h := crew.history(b, calm, crowds[n%3], fmt.Sprint("history ", n))
		if linear(model, h) == porcupine.Illegal {
			t.Logf("found by history %d", n+1)
			return
		}
	}
	t.Errorf("%d histories found nothing wrong", maxHistories)
}
