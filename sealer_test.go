package coatcheck_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// A drawer is a Sealer that keeps what it seals in a map, and does what it is
// told to. Package sealed has the real one.
type drawer struct {
	coatcheck.Store
	records map[coatcheck.Token]*coatcheck.Record
	seal    func(coatcheck.Token) (coatcheck.Token, error)
	open    func(*coatcheck.Record) (*coatcheck.Record, error)
}

func (d *drawer) Seal(_ context.Context, scope string, rec *coatcheck.Record) (coatcheck.Token, error) {
	token := coatcheck.Token(rec.ID.String() + "_" + strings.ReplaceAll(scope, "\x00", "_"))
	if d.seal != nil {
		return d.seal(token)
	}
	d.records[token] = rec
	return token, nil
}

func (d *drawer) Open(_ context.Context, _ string, token coatcheck.Token) (*coatcheck.Record, error) {
	rec := d.records[token]
	if d.open != nil {
		return d.open(rec)
	}
	if rec == nil {
		return nil, coatcheck.ErrNotFound
	}
	return rec, nil
}

func (d *drawer) Stale(coatcheck.Token) bool { return false }
func (d *drawer) Revocable() bool            { return true }

func newDrawer(t *testing.T) *drawer {
	return &drawer{Store: shelf(t, nil), records: map[coatcheck.Token]*coatcheck.Record{}}
}

// A manager on any Sealer keeps its records in tokens, and in the store
// beneath only what has ended.
func TestSealer(t *testing.T) {
	d := newDrawer(t)
	v := newVisitor(t, manage(t, d, nil)).begin().login("ada")
	v.expectMotto("ada")
	old := v.twin()
	v.visit(func(s *coatcheck.Session) {
		if !strings.HasSuffix(string(s.Token()), "_id___Host-id") {
			t.Error("the token is not what Seal made of the record and the scope")
		}
		expectNil(t, s.Destroy(t.Context()))
	})
	old.expectAnonymous()
	expectEqual(t, "cookie", v.cookie, "")
}

// What a Sealer says against its contract is its own failure: no session, no
// cookie, no panic.
func TestSealerFails(t *testing.T) {
	down := errors.New("the key server is down")
	for name, seal := range map[string]func(coatcheck.Token) (coatcheck.Token, error){
		"error":       func(coatcheck.Token) (coatcheck.Token, error) { return "", down },
		"empty token": func(coatcheck.Token) (coatcheck.Token, error) { return "", nil },
		"header":      func(t coatcheck.Token) (coatcheck.Token, error) { return t + "; Domain=example.com", nil },
		"line":        func(t coatcheck.Token) (coatcheck.Token, error) { return t + "\r\nSet-Cookie: a=b", nil },
	} {
		t.Run("Seal: "+name, func(t *testing.T) {
			d := newDrawer(t)
			d.seal = seal
			res := newVisitor(t, manage(t, d, nil)).visit(func(s *coatcheck.Session) { motto.Set(s, "x") })
			expectStatus(t, res, http.StatusServiceUnavailable)
			expectNoCookie(t, res)
		})
	}
	for name, open := range map[string]func(*coatcheck.Record) (*coatcheck.Record, error){
		"error":   func(*coatcheck.Record) (*coatcheck.Record, error) { return nil, down },
		"neither": func(*coatcheck.Record) (*coatcheck.Record, error) { return nil, nil },
	} {
		t.Run("Open: "+name, func(t *testing.T) {
			d := newDrawer(t)
			v := newVisitor(t, manage(t, d, nil)).begin()
			d.open = open
			res := v.serve(func(w http.ResponseWriter, r *http.Request) {
				_, err := coatcheck.FromContext(r.Context())
				if err == nil {
					t.Error("there is a session")
				}
				coatcheck.Error(w, r, err)
			})
			expectStatus(t, res, http.StatusServiceUnavailable)
			expectNoCookie(t, res)
		})
	}
}

// A record that Open returns is checked as one of a store is.
func TestSealerReturnsDamage(t *testing.T) {
	for name, damage := range map[string]func(r *coatcheck.Record){
		"owner": func(r *coatcheck.Record) { r.Owner = "eve" },
		"data":  func(r *coatcheck.Record) { r.Data = []byte(`{"motto":"x"}`) },
		"ID":    func(r *coatcheck.Record) { r.ID[0]++ },
		"meta":  func(r *coatcheck.Record) { r.Meta = nil },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDrawer(t)
			v := newVisitor(t, manage(t, d, nil)).begin()
			d.open = func(rec *coatcheck.Record) (*coatcheck.Record, error) {
				bad := *rec
				damage(&bad)
				return &bad, nil
			}
			v.expectAnonymous()
		})
	}
}
