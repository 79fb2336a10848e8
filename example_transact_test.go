package coatcheck_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

var (
	credit = coatcheck.NewKey[int]("credit")
	tries  = coatcheck.NewKey[int]("tries")
)

// Transact changes several keys together and knows that it is saved when it
// returns. An error takes back what the function changed.
func ExampleSession_Transact() {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	s, err := m.Open(ctx, "") // in a handler: coatcheck.FromContext
	if err != nil {
		log.Fatal(err)
	}
	credit.Set(s, 100)

	buy := func(price int) error {
		return s.Transact(ctx, func(s *coatcheck.Session) error {
			tries.Update(s, func(n int) int { return n + 1 })
			if credit.Get(s) < price {
				return errors.New("not enough credit")
			}
			credit.Set(s, credit.Get(s)-price)
			return nil
		})
	}
	fmt.Println(buy(70), credit.Get(s), tries.Get(s))
	fmt.Println(buy(70), credit.Get(s), tries.Get(s))
	// Output:
	// <nil> 30 1
	// not enough credit 30 1
}
