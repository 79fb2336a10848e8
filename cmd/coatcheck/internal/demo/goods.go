package demo

import (
	"fmt"
	"slices"
)

// A good is something that nobody came back for.
type good struct {
	Name  string // in forms and carts
	Title string
	About string
	Cents int
}

// goods are all there is to be had.
func goods() []good {
	return []good{
		{"umbrella", "Black umbrella", "Opens inside, too.", 450},
		{"hat", "Felt hat", "Size 58, initials M. K.", 1290},
		{"scarf", "Silk scarf", "Smells faintly of the opera.", 980},
		{"glove", "Left glove", "The right one was fetched in 1987.", 120},
		{"glasses", "Opera glasses", "Last seen: row 3.", 1850},
	}
}

// findGood returns the good of that name.
func findGood(name string) (good, bool) {
	all := goods()
	i := slices.IndexFunc(all, func(g good) bool { return g.Name == name })
	if i < 0 {
		return good{}, false
	}
	return all[i], true
}

// price writes an amount of cents.
func price(cents int) string { return fmt.Sprintf("€ %d.%02d", cents/100, cents%100) }
