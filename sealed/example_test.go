package sealed_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
	"github.com/coatcheck/coatcheck/sealed"
)

// A site whose sessions are in its visitors' cookies. The keys come from a
// file; this one begins with a fresh one.
func Example() {
	file := strings.NewReader("# seals since today\n" + sealed.NewKey().Reveal() + "\n")
	keys, err := sealed.ReadKeys(file)
	if err != nil {
		log.Fatal(err)
	}
	// Logouts are noted in a store that all processes share. One process may do
	// with its memory.
	store, err := sealed.New(keys, &sealed.Options{Revoker: memstore.New(nil)})
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	theme := coatcheck.NewKey[string]("theme")
	handler := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err != nil {
			coatcheck.Error(w, r, err)
			return
		}
		if chosen := r.URL.Query().Get("theme"); chosen != "" {
			theme.Set(s, chosen)
		}
		fmt.Fprintf(w, "The theme is %s.", theme.Get(s))
	}))

	first := httptest.NewRecorder()
	handler.ServeHTTP(first, httptest.NewRequest("GET", "/?theme=dark", nil))
	next := httptest.NewRequest("GET", "/", nil)
	next.AddCookie(first.Result().Cookies()[0])
	second := httptest.NewRecorder()
	handler.ServeHTTP(second, next)
	fmt.Println(second.Body)
	// Output: The theme is dark.
}

// Anonymous sessions are in the visitors' cookies, and only those of users who
// have logged in are in the store, where their logouts are noted, too.
func ExampleNew_anonymous() {
	store := memstore.New(nil)
	sealer, err := sealed.New([]sealed.Key{sealed.NewKey()}, &sealed.Options{Revoker: store})
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, &coatcheck.Options{AnonymousSealer: sealer})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	cart := coatcheck.NewKey[[]string]("cart")
	ctx := context.Background()
	for visitor := range 1000 {
		s, err := m.Open(ctx, "") // FromContext in a handler
		if err != nil {
			log.Fatal(err)
		}
		cart.Set(s, []string{"umbrella"})
		if err := s.Save(ctx); err != nil {
			log.Fatal(err)
		}
		if visitor != 7 {
			continue
		}
		if err := s.Login(ctx, "ada"); err != nil {
			log.Fatal(err)
		}
		fmt.Println(s.Owner(), cart.Get(s))
	}
	stored := 0
	for _, err := range m.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		stored++
	}
	fmt.Println("sessions in the store:", stored)
	// Output:
	// ada [umbrella]
	// sessions in the store: 1
}

// A new key first opens only, in every process; then it seals; then the old
// one goes.
func ExampleNew_rotation() {
	logouts := &sealed.Options{Revoker: memstore.New(nil)}
	old, young := sealed.NewKey(), sealed.NewKey()
	for _, keys := range [][]sealed.Key{{old}, {old, young}, {young, old}, {young}} {
		store, err := sealed.New(keys, logouts)
		if err != nil {
			log.Fatal(err)
		}
		_ = store // each in all processes, before the next
	}
}
