package coatcheck_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Whoever gets a 500 finds its cause in the log, since the answer does not
// tell it; what is answered otherwise is no mistake of the program.
func TestMistakesAreLogged(t *testing.T) {
	var log bytes.Buffer
	m := manage(t, shelf(t, nil), &coatcheck.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	odd := coatcheck.NewKey[chan int]("odd")
	for name, c := range map[string]struct {
		handle func(s *coatcheck.Session, r *http.Request) error
		said   string // "" means nothing
	}{
		"no owner":      {func(s *coatcheck.Session, r *http.Request) error { return s.Login(r.Context(), "") }, "invalid argument"},
		"no encoding":   {func(s *coatcheck.Session, _ *http.Request) error { odd.Set(s, nil); return nil }, "odd"},
		"the program's": {func(*coatcheck.Session, *http.Request) error { return errors.New("no such coat") }, "no such coat"},
		"ended":         {func(*coatcheck.Session, *http.Request) error { return coatcheck.ErrGone }, ""},
		"full":          {func(*coatcheck.Session, *http.Request) error { return coatcheck.ErrFull }, ""},
		"told already":  {func(*coatcheck.Session, *http.Request) error { return fmt.Errorf("%w: odd", coatcheck.ErrDecode) }, ""},
	} {
		log.Reset()
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, err := coatcheck.FromContext(r.Context())
			if err == nil {
				err = c.handle(s, r)
			}
			if err != nil {
				coatcheck.Error(w, r, err)
			}
		})).ServeHTTP(w, httptest.NewRequest("GET", "https://site.test/", nil))
		if c.said == "" && log.Len() > 0 || !strings.Contains(log.String(), c.said) || strings.Count(log.String(), "\n") > 1 {
			t.Errorf("%s: the log says %q, want one line with %q", name, log.String(), c.said)
		}
	}
}

// A handler that nobody wrapped has no manager, and so no logger but the
// program's. Not parallel: that one is for all.
func TestMistakeWithoutManagerIsLogged(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	r := httptest.NewRequest("GET", "https://site.test/", nil)
	_, err := coatcheck.FromContext(r.Context())
	w := httptest.NewRecorder()
	coatcheck.Error(w, r, err)
	if w.Code != http.StatusInternalServerError || !strings.Contains(log.String(), "Manager.Handler") {
		t.Errorf("%d, and the log says %q", w.Code, log.String())
	}
}
