package itest_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// The tests named by a number are those of docs/THREATS.md that are about
// stores: they run on every one.

// A pair is two managers on one store, as two processes of one site have them.
type pair struct {
	t     *testing.T
	bench *bench
	a, b  *coatcheck.Manager
}

var threatNote = coatcheck.NewKey[string]("note")

// eachPair runs a test on every store.
func eachPair(t *testing.T, test func(p *pair)) {
	eachTarget(t, func(t *testing.T, target target) { runPair(t, target, test) })
}

func runPair(t *testing.T, target target, test func(p *pair)) {
	bench := target.setUp(scratch(t), time.Now, t.Errorf)
	if bench.Store == nil {
		t.Fatal("there is no store")
	}
	defer bench.tearDown()
	p := &pair{t: t, bench: bench}
	p.a, p.b = p.manager(nil), p.manager(nil)
	defer p.a.Close()
	defer p.b.Close()
	test(p)
}

func (p *pair) manager(now func() time.Time) *coatcheck.Manager {
	p.t.Helper()
	m, err := coatcheck.New(p.bench.Store, &coatcheck.Options{SweepInterval: coatcheck.NoSweep, Logger: slog.New(slog.DiscardHandler), Now: now})
	p.must(err)
	return m
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) wants(what string, err, want error) {
	p.t.Helper()
	if !errors.Is(err, want) {
		p.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// open returns the session of a token, which the other manager may have made.
func (p *pair) open(m *coatcheck.Manager, token coatcheck.Token) *coatcheck.Session {
	p.t.Helper()
	s, err := m.Open(p.t.Context(), token)
	p.must(err)
	return s
}

// begin starts a session at the first manager, of an owner if there is one.
func (p *pair) begin(owner string) coatcheck.Token {
	p.t.Helper()
	s := p.open(p.a, "")
	threatNote.Set(s, "early")
	p.must(s.Save(p.t.Context()))
	if owner != "" {
		p.must(s.Login(p.t.Context(), owner))
	}
	return s.Token()
}

// dead checks that a token opens nothing at either manager.
func (p *pair) dead(what string, token coatcheck.Token) {
	p.t.Helper()
	for _, m := range []*coatcheck.Manager{p.a, p.b} {
		if s := p.open(m, token); !s.IsNew() || threatNote.Get(s) != "" {
			p.t.Errorf("%s opens a session", what)
		}
	}
}

// live checks that a token opens the session of owner at both.
func (p *pair) live(what string, token coatcheck.Token, owner, note string) {
	p.t.Helper()
	for _, m := range []*coatcheck.Manager{p.a, p.b} {
		if s := p.open(m, token); s.IsNew() || s.Owner() != owner || threatNote.Get(s) != note {
			p.t.Errorf("%s: new %t, owner %q, note %q", what, s.IsNew(), s.Owner(), threatNote.Get(s))
		}
	}
}

// A token that one manager has ended is adopted by neither.
func TestRequirement03OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		ended := p.begin("")
		p.must(p.open(p.b, ended).Destroy(t.Context()))
		for _, token := range []coatcheck.Token{ended, coatcheck.Token(strings.Repeat("A", 43))} {
			s := p.open(p.a, token)
			if !s.IsNew() {
				p.t.Error("it opens a session")
			}
			threatNote.Set(s, "late")
			p.must(s.Save(p.t.Context()))
			if s.Token() == token || s.Token() == "" {
				p.t.Error("the write went to it")
			}
			p.dead("the token", token)
		}
	})
}

// A login at one manager leaves nothing of the old token at the other.
func TestRequirement04OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		early := p.begin("")
		s := p.open(p.b, early)
		p.must(s.Login(p.t.Context(), "ada"))
		p.dead("the token from before the login", early)
		p.live("the token of the login", s.Token(), "ada", "early")
	})
}

// What one manager has ended or renewed, a save under way at the other does not
// bring back; and whatever is saved, is saved over the version that was read.
func TestRequirement05OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		ctx := p.t.Context()
		for what, end := range map[string]func(s *coatcheck.Session) error{
			"logout":  func(s *coatcheck.Session) error { return s.Destroy(ctx) },
			"renewal": func(s *coatcheck.Session) error { return s.Renew(ctx) },
			"login":   func(s *coatcheck.Session) error { return s.Login(ctx, "ada") },
		} {
			token := p.begin("")
			slow := p.open(p.a, token)
			threatNote.Set(slow, "late")
			p.must(end(p.open(p.b, token)))
			p.wants("the save after the "+what, slow.Save(ctx), coatcheck.ErrGone)
			p.dead("the token of before the "+what, token)
		}
		token := p.begin("")
		rec, err := p.bench.Load(ctx, p.a.ID(token))
		p.must(err)
		next := *rec
		next.Version++
		p.wants("Create over a session", p.bench.Create(ctx, &next), coatcheck.ErrExists)
		p.wants("Replace of another version", p.bench.Replace(ctx, &next, rec.Version+7), coatcheck.ErrConflict)
		p.live("the session", token, "", "early")
		p.must(p.bench.Delete(ctx, rec.ID))
		p.wants("Replace of nothing", p.bench.Replace(ctx, &next, rec.Version), coatcheck.ErrNotFound)
		p.dead("the deleted session's token", token)
	})
}

// The limits of a session stand in its record: a manager whose clock has
// reached them serves nothing, whatever the store still has.
func TestRequirement08OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		token := p.begin("ada")
		for late, want := range map[time.Duration]bool{29 * time.Minute: true, 31 * time.Minute: false, 13 * time.Hour: false} {
			m := p.manager(func() time.Time { return time.Now().Add(late) })
			if s, err := m.Open(context.WithoutCancel(p.t.Context()), token); err != nil || s.IsNew() == want {
				p.t.Errorf("%v later: %v, new %t", late, err, s.IsNew())
			}
			p.must(m.Close())
			if want { // which has touched it
				token = p.begin("ada")
			}
		}
	})
}

// An owner's sessions are listed, and ended one by one, all but one, or all; no
// other owner's are.
func TestRequirement10OnEveryStore(t *testing.T) {
	eachLister(t, func(t *testing.T, target target) {
		runPair(t, target, func(p *pair) {
			ctx := p.t.Context()
			var ada []coatcheck.Token
			for range 4 {
				ada = append(ada, p.begin("ada"))
			}
			bob := p.begin("bob")
			count := func() (n int) {
				for info, err := range p.b.Sessions(ctx, "ada") {
					p.must(err)
					if n++; info.Owner != "ada" {
						p.t.Errorf("a session of %q is listed", info.Owner)
					}
				}
				return n
			}
			ends := func(what string, left int, ended ...coatcheck.Token) {
				for _, token := range ended {
					p.dead(what, token)
				}
				if n := count(); n != left {
					p.t.Errorf("%s: %d are left, want %d", what, n, left)
				}
			}
			ends("nothing", 4)
			p.must(p.b.Destroy(ctx, p.a.ID(ada[0])))
			ends("one", 3, ada[0])
			_, err := p.b.DestroyOwner(ctx, "ada", p.a.ID(ada[1]))
			p.must(err)
			ends("the others", 1, ada[2:]...)
			p.live("the spared one", ada[1], "ada", "early")
			_, err = p.b.DestroyOwner(ctx, "ada")
			p.must(err)
			ends("all", 0, ada...)
			p.live("another owner's", bob, "bob", "early")
		})
	})
}

// A copy of what a store has on its disk opens nothing: no token is in it.
func TestRequirement18OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		first := p.begin("")
		second := p.begin("ada")
		s := p.open(p.b, second)
		threatNote.Set(s, "late")
		p.must(s.Save(p.t.Context()))
		p.bench.again()
		p.must(filepath.WalkDir(p.bench.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			for _, token := range []coatcheck.Token{first, second} {
				if strings.Contains(string(b), string(token)) {
					p.t.Errorf("a token is in %s", filepath.Base(path))
				}
			}
			return err
		}))
	})
}

// hostile are texts that mean something to databases, protocols, scripts and
// file systems.
var hostile = []string{
	"' OR 1=1--", `"; DROP TABLE sessions; --`, "%", "_", "ada ", "Ada", "ada%", "*", "coatcheck:*", "\r\nFLUSHALL\r\n", "$-1\r\n", "*1\r\n$8\r\nFLUSHALL\r\n",
	"redis.call('FLUSHALL')", "{ada}", "../ada", "ada\x00", "\x00", "ada\xff", "${jndi:x}", `\015\012flush_all`, "get x\r\nflush_all\r\n", "CON", "ada.lock",
}

// Whatever an owner is called, it is a parameter and no part of a command or of
// a name, and ending that owner's sessions ends nobody else's.
func TestRequirement26OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		ada := p.begin("ada")
		tokens := map[string]coatcheck.Token{}
		for _, owner := range hostile {
			tokens[owner] = p.begin(owner)
		}
		for owner, token := range tokens {
			if s := p.open(p.b, token); s.Owner() != owner {
				p.t.Errorf("owner %q, want %q", s.Owner(), owner)
			}
			n, err := p.b.DestroyOwner(p.t.Context(), owner)
			if errors.Is(err, coatcheck.ErrUnsupported) { // there is no index of owners
				p.must(p.open(p.a, token).Destroy(p.t.Context()))
			} else if err != nil || n != 1 {
				p.t.Errorf("DestroyOwner(%q): %d, %v", owner, n, err)
			}
		}
		for owner, token := range tokens {
			p.dead(owner, token)
		}
		p.live("a neighbour", ada, "ada", "early")
	})
}

// Whatever a value or a key's name holds is given back as it was.
func TestCase33OnEveryStore(t *testing.T) {
	eachPair(t, func(p *pair) {
		ada := p.begin("ada")
		s := p.open(p.a, "")
		key := func(n int) coatcheck.Key[[]byte] {
			return coatcheck.NewKey[[]byte](strings.ToValidUTF8(hostile[n], "?"))
		}
		for n, text := range hostile {
			key(n).Set(s, []byte(text))
		}
		p.must(s.Save(p.t.Context()))
		read := p.open(p.b, s.Token())
		for n, text := range hostile {
			if got := key(n).Get(read); string(got) != text {
				p.t.Errorf("%q comes back as %q", text, got)
			}
		}
		p.live("a neighbour", ada, "ada", "early")
	})
}
