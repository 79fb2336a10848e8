package main

import (
	"bytes"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// TestEngines checks that all engines do the same, so that comparing them is
// fair: a put is refused over another version and over nothing, the later
// deadline stays, a touch moves it, and what has expired is gone.
func TestEngines(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			e, err := k.open(setup{dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := e.close(); err != nil {
					t.Error(err)
				}
			}()
			h, err := e.hand()
			if err != nil {
				t.Fatal(err)
			}
			defer h.close()
			tryHand(t, h)
		})
	}
}

func tryHand(t *testing.T, h hand) {
	const minute = 60_000
	at, id, other := now(), slot{number: 1}.id(), slot{number: 2}.id()
	payload := newPayload()
	make := func(version uint64, left int64) record {
		return record{version, at + left, at + 60*minute, payload}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	refuse := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	has := func(id coatcheck.ID, want uint64) {
		t.Helper()
		version, got, err := h.get(id)
		if err != nil || version != want || !bytes.Equal(got, payload) {
			t.Errorf("version %d, %d bytes, %v; want version %d whole", version, len(got), err, want)
		}
	}
	must(h.create(id, make(1, 30*minute)))
	has(id, 1)
	must(h.replace(id, 1, make(2, 20*minute)))
	has(id, 2)
	refuse("a put over another version", h.replace(id, 1, make(3, 30*minute)))
	refuse("a put over nothing", h.replace(other, 1, make(2, 30*minute)))
	has(id, 2)
	must(h.touch(id, at+40*minute))
	has(id, 2)
	refuse("a touch of nothing", h.touch(other, at+40*minute))
	must(h.remove(id))
	if _, _, err := h.get(id); err == nil {
		t.Error("deleted, and still there")
	}
	must(h.create(other, make(1, -minute)))
	if _, _, err := h.get(other); err == nil {
		t.Error("expired, and still there")
	}
	refuse("a put over an expired record", h.replace(other, 1, make(2, 30*minute)))
}
