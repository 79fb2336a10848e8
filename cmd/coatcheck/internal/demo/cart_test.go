package demo_test

import (
	"sync"
	"testing"
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

// Clicks on one thing and on others, all at once, are all in the cart.
func TestCartLosesNoClick(t *testing.T) {
	b := newBrowser(t, start(t))
	b.submit("/login", "name", "ada")
	var clicks sync.WaitGroup
	for _, good := range []string{"hat", "scarf", "glove"} {
		for range 10 {
			clicks.Go(func() { b.post("/cart", "good", good, "do", "add") })
		}
	}
	clicks.Wait()
	page := b.page("/cart")
	want(t, page, `<span class="count">30</span>`, "€ 129.00", "€ 98.00", "€ 12.00")
}
