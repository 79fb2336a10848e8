package coatcheck_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Whoever prints or logs a session, the request's context, the writer, or the
// context that an event or a store call comes with, tells no token by it.
func TestPrintingTellsNoToken(t *testing.T) {
	var said bytes.Buffer
	logs := []*slog.Logger{slog.New(slog.NewTextHandler(&said, nil)), slog.New(slog.NewJSONHandler(&said, nil))}
	tell := func(what any) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&said, verb+"\n", what)
		}
		for _, l := range logs {
			l.Info("told", "what", what)
		}
		j, _ := json.Marshal(what) // which some of it does not know how to
		said.Write(j)
	}
	store := watched(t)
	m := manage(t, store, &coatcheck.Options{OnEvent: func(ctx context.Context, e coatcheck.Event) { tell(ctx); tell(e) }})
	v := newVisitor(t, m).begin()
	tokens := []string{string(v.token())}
	store.on(func(ctx context.Context, o op, do func() error) error { tell(ctx); tell(o.rec); return do() })
	v.serve(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		expectNil(t, err)
		for range 2 {
			tell(s)
			tell(r.Context())
			tell(context.WithoutCancel(r.Context()))
			tell(w)
			tell(s.Token())
			tell(s.Info())
			tally.Update(s, increment)
			expectNil(t, s.Login(t.Context(), "ada"))
			tokens = append(tokens, string(s.Token()))
		}
		expectEqual(t, "a session", fmt.Sprint(s), "coatcheck.Session("+s.ID().Short()+")")
	})
	newVisitor(t, m).visit(func(s *coatcheck.Session) {
		tell(s)
		expectEqual(t, "a new session", fmt.Sprint(s), "coatcheck.Session(new)")
	})
	for _, token := range tokens {
		for _, form := range []string{token, fmt.Sprintf("%x", token)} {
			if at := strings.Index(said.String(), form); at >= 0 {
				t.Errorf("a token was told: …%s", said.String()[max(0, at-200):at])
			}
		}
	}
	if said.Len() < 10_000 {
		t.Errorf("only %d bytes were said", said.Len())
	}
}
