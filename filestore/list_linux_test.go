package filestore_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
)

// A list has each live record once while they are replaced, on a file system,
// too, that moves a name to the end of its directory when it is taken over.
func TestListsWhileRecordsAreReplaced(t *testing.T) {
	const records, lists = 500, 15 // a directory that takes several reads
	for way, open := range openers() {
		t.Run(way, func(t *testing.T) {
			s, err := open(filepath.Join(mount(t, "8m"), "sessions"), &filestore.Options{Now: (&clock{start}).now})
			must(t, err)
			defer s.Close()
			recs := make([]*coatcheck.Record, records)
			for n := range recs {
				recs[n] = session(n, "")
				recs[n].ID[0] = 0
				must(t, s.Create(t.Context(), recs[n]))
			}
			stop := make(chan struct{})
			var users sync.WaitGroup
			users.Go(func() {
				for n := 0; ; n = (n + 1) % records {
					select {
					case <-stop:
						return
					default:
					}
					changed := next(recs[n], "changed")
					if err := s.Replace(t.Context(), changed, recs[n].Version); err != nil {
						t.Errorf("Replace: %v", err)
						return
					}
					recs[n] = changed
				}
			})
			for range lists {
				requireOnce(t, s, records)
			}
			close(stop)
			users.Wait()
		})
	}
}

// requireOnce fails unless a list has so many records, each of them once.
func requireOnce(t *testing.T, s *filestore.Store, records int) {
	t.Helper()
	seen := map[coatcheck.ID]bool{}
	got, _, err := s.List(t.Context(), "", filestore.MaxPage)
	must(t, err)
	for _, rec := range got {
		seen[rec.ID] = true
	}
	if len(got) != records || len(seen) != records {
		t.Errorf("of %d records the list has %d, in %d entries", records, len(seen), len(got))
	}
}
