package demo_test

import (
	"net/http"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

func TestCart(t *testing.T) {
	b := newBrowser(t, start(t))
	for _, step := range []struct {
		fields []string
		want   []string
	}{
		{[]string{"good", "hat", "do", "add"}, []string{"Felt hat: one more.", `value="1"`, "€ 12.90"}},
		{[]string{"good", "hat", "do", "add"}, []string{`value="2"`, "€ 25.80"}},
		{[]string{"good", "umbrella", "do", "set", "many", "10"}, []string{"Black umbrella: 10 in your cart.", "€ 45.00", "€ 70.80", `<span class="count">12</span>`}},
		{[]string{"good", "hat", "do", "less"}, []string{"Felt hat: one less.", "€ 57.90"}},
		{[]string{"good", "umbrella", "do", "remove"}, []string{"Black umbrella: put back.", `<span class="count">1</span>`}},
		{[]string{"good", "hat", "do", "set", "many", "99"}, []string{`value="99"`}},
		{[]string{"good", "hat", "do", "add"}, []string{`value="99"`}},
		{[]string{"good", "hat", "do", "set", "many", "0"}, []string{"It is empty."}},
		{[]string{"good", "hat", "do", "less"}, []string{"It is empty."}},
	} {
		want(t, b.submit("/cart", step.fields...), step.want...)
	}
}

// A click is not lost to another that was saved while it was under way, be it
// on the same thing or on another.
func TestCartLosesNoClick(t *testing.T) {
	store := newStore(t)
	loads := newGate(store)
	b := newBrowser(t, serve(t, newSite(t, store, demo.Options{InsecureCookie: true})))
	b.submit("/login", "name", "ada")
	done := make(chan answer)
	reached, open := loads.shut()
	go func() { done <- b.post("/cart", "good", "hat", "do", "add") }()
	<-reached
	b.post("/cart", "good", "hat", "do", "add")
	b.post("/cart", "good", "scarf", "do", "add")
	open()
	if a := <-done; a.StatusCode != http.StatusSeeOther {
		t.Errorf("the first click: %s", a.Status)
	}
	want(t, b.page("/cart"), `<span class="count">3</span>`, "€ 25.80", "€ 9.80")
}
