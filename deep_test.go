package coatcheck_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// No acknowledged change is lost, and none may cost its session: a value that
// nests deeper than a load allows is refused when it is set, and not found to be
// damage by the next process that loads it.
func TestPromise1ValuesThatNestTooDeepAreRefused(t *testing.T) {
	document := coatcheck.NewKey[json.RawMessage]("document")
	store := shelf(t, nil)
	v := newVisitor(t, manage(t, store, nil)).begin()
	for _, test := range []struct {
		depth  int
		status int
	}{
		{coatcheck.MaxDepth, http.StatusOK},
		{coatcheck.MaxDepth + 1, http.StatusInternalServerError},
	} {
		nested := json.RawMessage(strings.Repeat(`[`, test.depth) + strings.Repeat(`]`, test.depth))
		for how, change := range map[string]func(*coatcheck.Session){
			"Set": func(s *coatcheck.Session) { document.Set(s, nested) },
			"Update": func(s *coatcheck.Session) {
				document.Update(s, func(json.RawMessage) json.RawMessage { return nested })
			},
		} {
			res := v.visit(func(s *coatcheck.Session) {
				if change(s); test.status != http.StatusOK {
					expectError(t, s.Err(), coatcheck.ErrTooLarge)
				}
			})
			if res.StatusCode != test.status {
				t.Errorf("%s, %d deep: status %d, want %d", how, test.depth, res.StatusCode, test.status)
			}
			v.at(manage(t, store, nil)).expectMotto("")
		}
	}
}
