package coatcheck_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A store that hands out another session's record shows it to nobody, and the
// operator hears of it as of an error: no visitor can cause that.
func TestMixupIsLoud(t *testing.T) {
	var log bytes.Buffer
	store, events := watched(t), new(journal)
	m := manage(t, store, &coatcheck.Options{
		OnEvent: events.add,
		Logger:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	ada, bob := newVisitor(t, m).begin().login("ada"), newVisitor(t, m).begin().login("bob")
	hers, err := store.inner.Load(t.Context(), ada.id())
	expectNil(t, err)
	relabelled := *hers
	relabelled.ID = bob.id()
	for name, rec := range map[string]*coatcheck.Record{"as it is": hers, "under his ID": &relabelled} {
		log.Reset()
		events.clear()
		store.give(func(coatcheck.ID, *coatcheck.Record) *coatcheck.Record { return rec })
		bob.expectAnonymous()
		expectEqual(t, "reasons, "+name, strings.Join(events.rejected(), ", "), "mixup")
		if line := log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "reason=mixup") {
			t.Errorf("%s: the log says %q", name, line)
		}
	}
}
