package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A liar is an engine whose gets are right until they are not.
type liar struct {
	hand
	after int
	fault func(version uint64, payload []byte) (uint64, []byte)
}

func (l *liar) get(id coatcheck.ID) (uint64, []byte, error) {
	version, payload, err := l.hand.get(id)
	if l.after--; l.after < 0 {
		version, payload = l.fault(version, payload)
	}
	return version, payload, err
}

// TestWrongGet checks that no wrong answer escapes the workers.
func TestWrongGet(t *testing.T) {
	for name, fault := range map[string]func(uint64, []byte) (uint64, []byte){
		"another version": func(version uint64, p []byte) (uint64, []byte) { return version + 1, p },
		"too short":       func(version uint64, p []byte) (uint64, []byte) { return version, p[:len(p)-1] },
		"torn":            func(version uint64, p []byte) (uint64, []byte) { p[len(p)-1]++; return version, p },
		"another's":       func(version uint64, p []byte) (uint64, []byte) { p[0]++; return version, p },
		"older":           func(version uint64, p []byte) (uint64, []byte) { p[payloadSize/2+8]--; return version, p },
	} {
		t.Run(name, func(t *testing.T) {
			e, err := ramKind().open(setup{})
			if err != nil {
				t.Fatal(err)
			}
			b := &bench{engine: e}
			if err := b.load(0, leastRecords); err != nil {
				t.Fatal(err)
			}
			l := &liar{hand: b.workers[0].hand, after: 50, fault: fault}
			b.workers[0].hand = l
			if _, err := b.run((*worker).get, 1, 0, 50); err != nil {
				t.Fatalf("a right answer: %v", err)
			}
			if _, err := b.run((*worker).get, 1, 0, 1); err == nil {
				t.Error("a wrong answer is taken")
			}
		})
	}
}

// TestVoid checks that a void row shows nothing but the reason.
func TestVoid(t *testing.T) {
	rs := rows{
		{kind: kind{name: "sound"}, figures: map[string][]float64{}},
		{kind: kind{name: "liar"}, figures: map[string][]float64{}, void: errors.New("get: record 7: torn")},
	}
	for _, c := range clocks {
		for _, op := range opNames {
			for _, n := range speedThreads {
				rs[0].note(c.cell(op, n), 100)
				rs[1].note(c.cell(op, n), 1)
			}
		}
	}
	var out strings.Builder
	rs.printSpeed(&out, rs[0], clocks[0])
	rs.printVoids(&out)
	for _, want := range []string{"| liar | void | void | void | void | void |", "Void: liar: get: record 7: torn"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestWork checks that workers share what is to be done, and that slots go
// with it.
func TestWork(t *testing.T) {
	e, err := ramKind().open(setup{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{engine: e}
	if err := b.load(100, 100+leastRecords); err != nil {
		t.Fatal(err)
	}
	done, err := b.run((*worker).churn, 3, 0, 100)
	if err != nil || done.Ops != 100 || len(b.slots) != leastRecords {
		t.Errorf("%d operations, %d slots, %v; want 100 and %d", done.Ops, len(b.slots), err, leastRecords)
	}
	if done, err = b.run((*worker).put, 2, time.Millisecond, 0); err != nil || done.Ops == 0 {
		t.Errorf("%d puts, %v", done.Ops, err)
	}
	if _, err := b.run((*worker).remove, 2, 0, leastRecords/2); err != nil || len(b.slots) != leastRecords-leastRecords/2 {
		t.Errorf("%d slots, %v", len(b.slots), err)
	}
	if _, err := b.run((*worker).verifyNext, 1, 0, len(b.slots)); err != nil {
		t.Error(err)
	}
}
