package itest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// A coat is one session through all its tokens, from its birth to its end, as
// the clients know it. The tokens are numbered as they became known.
type coat struct {
	n     int
	owner string // who logs in to it

	mu      sync.Mutex
	tokens  []coatcheck.Token
	rounds  []int // in which the tokens became known
	erasers uint  // calls of DestroyOwner that have begun
	erased  uint  // those of them that have succeeded, without a fault on the way
}

func newCoat(n int) *coat { return &coat{n: n, owner: fmt.Sprint("owner of ", n)} }

// learn adds a token that became known in a round, and returns its number.
func (c *coat) learn(token coatcheck.Token, round int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = append(c.tokens, token)
	c.rounds = append(c.rounds, round)
	return len(c.tokens) - 1
}

// aged reports whether token n was replaced in an earlier round.
func (c *coat) aged(n, round int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return n+1 < len(c.rounds) && c.rounds[n+1] < round
}

// draw returns the newest token mostly, and now and then an older one.
func (c *coat) draw(r *rand.Rand) (n int, token coatcheck.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = len(c.tokens) - 1
	if r.IntN(8) == 0 {
		n = r.IntN(len(c.tokens))
	}
	return n, c.tokens[n]
}

// erase begins a DestroyOwner and returns its number.
func (c *coat) erase() uint {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erasers++
	return c.erasers - 1
}

// eraseDone notes that a DestroyOwner has succeeded and left nothing behind.
func (c *coat) eraseDone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erased++
}

// erasure returns how many calls of DestroyOwner have begun and how many have
// succeeded.
func (c *coat) erasure() (begun, done uint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.erasers, c.erased
}

// newest reports whether nobody has learnt a later token than number n.
func (c *coat) newest(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return n == len(c.tokens)-1
}

// A cloakroom is where the clients of one history meet: a few hooks, each with
// a coat that is replaced when it has ended.
type cloakroom struct {
	managers []*coatcheck.Manager
	owners   bool // whether the store finds the sessions of an owner
	turning  bool // sessions are met over HTTP, and rotated there
	report   func(format string, args ...any)
	round    int // of the history; it changes when no client is running

	mu    sync.Mutex
	hooks []*coat // nil: none yet
	coats []*coat // all there have been that were born
	named int     // number of coats, unborn ones included
}

// take returns the coat on a hook, or nil.
func (r *cloakroom) take(hook int) *coat {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hooks[hook]
}

// name returns a coat that is about to be born.
func (r *cloakroom) name() *coat {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.named++
	return newCoat(r.named)
}

// hang puts a coat that was born onto a hook. Of two at once the later stays
// there; the other lives on all the same.
func (r *cloakroom) hang(hook int, c *coat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hooks[hook] = c
	r.coats = append(r.coats, c)
}

// discard takes a coat off its hook.
func (r *cloakroom) discard(hook int, c *coat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hooks[hook] == c {
		r.hooks[hook] = nil
	}
}
