package coatcheck_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

var printed = coatcheck.NewKey[string]("printed")

type printKey struct{}

// A session may be printed and logged, by itself, in a struct or by its
// request's context, and tells neither its token nor its values.
func TestASessionPrintsNoToken(t *testing.T) {
	m := coatchecktest.NewManager(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	coatchecktest.Begin(t, m, r, func(s *coatcheck.Session) { printed.Set(s, "in confidence") })
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		derived := context.WithValue(r.Context(), printKey{}, 1)
		for _, v := range []any{s, struct{ S *coatcheck.Session }{s}, r.Context(), derived, s.Token(), s.Info()} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		}
		if strings.Contains(out.String(), string(s.Token())) || strings.Contains(out.String(), "in confidence") {
			t.Errorf("the token or a value is in:\n%s", out.String())
		}
		if !strings.Contains(out.String(), s.ID().Short()) {
			t.Error("the ID is not printed")
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}
