package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/ring"
)

// TestRingShowTellsWhoWasGivenUp: of a member that the ring has given up,
// "ring show" says so, though it has called nobody before.
func TestRingShowTellsWhoWasGivenUp(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) { giveUp(t, dir, "c") })
	file := filepath.Join(dir, "ring.json")
	text := fmt.Sprintf(`{"policy":"failover","members":[{"name":"a","store":"file:%[1]s/a"},{"name":"b","store":"file:%[1]s/b"},{"name":"c","store":"redis://127.0.0.1:1"}]}`, dir)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, messages strings.Builder
	run(t.Context(), []string{"ring", "show", "--json", "-s", "ring:" + file}, &out, &messages)
	if !strings.Contains(out.String(), `"state":"given up","error":"`) {
		t.Errorf("it says\n%s%s", &out, &messages)
	}
}

// giveUp lets a ring of a, b and c in dir find that one of them is down.
func giveUp(t *testing.T, dir, down string) {
	var members []ring.Member
	for _, name := range []string{"a", "b", "c"} {
		if name == down {
			members = append(members, ring.Member{Name: name, Weight: 1, Store: absentee{errors.New("down")}})
			continue
		}
		store, err := filestore.Open(filepath.Join(dir, name), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		members = append(members, ring.Member{Name: name, Weight: 1, Store: store})
	}
	r, err := ring.New(members, &ring.Options{Policy: ring.FailOver})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fenced := func() bool {
		for _, m := range r.Stats().Members {
			if m.Fenced {
				return true
			}
		}
		return false
	}
	for n := byte(0); !fenced(); n++ {
		_, _ = r.Load(t.Context(), coatcheck.ID{n})
		time.Sleep(100 * time.Millisecond)
		if n == 255 {
			t.Fatal("the member is not given up")
		}
	}
}
