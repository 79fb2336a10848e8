package demo

import (
	"fmt"
	"strconv"
)

// A cart holds how many of each good a visitor wants.
type cart map[string]int

// maxOfOne is how many of one good fit into a cart.
const maxOfOne = 99

// things counts what is in the cart.
func (c cart) things() int {
	n := 0
	for _, many := range c {
		n += many
	}
	return n
}

// with returns the cart with n of a good. It may change c.
func (c cart) with(name string, n int) cart {
	if c == nil {
		c = cart{}
	}
	if c[name] = max(0, min(n, maxOfOne)); c[name] == 0 {
		delete(c, name)
	}
	return c
}

// A cartBody is what the cart page shows.
type cartBody struct {
	Lines []cartLine
	Goods []good
	Total string
	Max   int
}

// A cartLine is one good in the cart.
type cartLine struct {
	good
	Many int
	Sum  string
}

// cart shows the goods and those that the visitor wants.
func (site *Site) cart(p *page) error {
	c, _, err := inCart.Lookup(p.s)
	if err != nil {
		return err
	}
	body, total := cartBody{Goods: goods(), Max: maxOfOne}, 0
	for _, g := range goods() {
		if many := c[g.Name]; many > 0 {
			body.Lines = append(body.Lines, cartLine{g, many, price(many * g.Cents)})
			total += many * g.Cents
		}
	}
	body.Total = price(total)
	p.saw("inCart.Lookup(s)", "The cart is a value of the session, which is at hand: this asked no store.")
	p.title, p.body = "Cart", body
	return nil
}

// fillCart does what a button of the cart page says.
func (site *Site) fillCart(p *page) (string, error) {
	g, ok := findGood(p.r.PostFormValue("good"))
	if !ok {
		return "", bad("There is no such thing in the lost property.")
	}
	change, text, err := cartChange(p.r.PostFormValue("do"), p.r.PostFormValue("many"))
	if err != nil {
		return "", err
	}
	// The library may call this again, with a cart that another request has
	// changed meanwhile, so it depends on nothing else.
	inCart.Update(p.s, func(c cart) cart { return c.with(g.Name, change(c[g.Name])) })
	p.say(fmt.Sprintf(text, g.Title), "inCart.Update(s, …)")
	return "/cart", nil
}

// cartChange returns what a button does to a number of goods, and a notice
// about it.
func cartChange(do, many string) (change func(int) int, text string, err error) {
	switch do {
	case "add":
		return func(n int) int { return n + 1 }, "%s: one more.", nil
	case "less":
		return func(n int) int { return n - 1 }, "%s: one less.", nil
	case "remove":
		return func(int) int { return 0 }, "%s: put back.", nil
	case "set":
		to, err := strconv.Atoi(many)
		if err != nil || to < 0 || to > maxOfOne {
			return nil, "", bad("How many? A whole number from 0 to %d.", maxOfOne)
		}
		return func(int) int { return to }, "%s: " + strconv.Itoa(to) + " in your cart.", nil
	}
	return nil, "", bad("The cart knows add, less, remove and set.")
}
