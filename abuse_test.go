package coatcheck_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
)

// An abused site has a store that counts calls, and an open ear for events.
type abused struct {
	t      *testing.T
	m      *coatcheck.Manager
	store  *coatchecktest.Store
	events *journal
	name   string // of the cookie

	mu      sync.Mutex
	created []coatcheck.ID
}

// abuse runs a test under the name that a browser sends at most once, and
// under one that anybody nearby may set too.
func abuse(t *testing.T, test func(a *abused)) {
	for _, name := range []string{"__Host-id", "id"} {
		t.Run(name, func(t *testing.T) {
			a := &abused{t: t, store: coatchecktest.NewStore(shelf(t, nil)), events: new(journal), name: name}
			a.store.Before = a.note
			a.m = manage(t, a.store, &coatcheck.Options{InsecureCookie: name == "id", OnEvent: a.events.add})
			test(a)
		})
	}
}

func (a *abused) note(_ context.Context, op coatchecktest.Op, id coatcheck.ID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if op == coatchecktest.OpCreate {
		a.created = append(a.created, id)
	}
	return nil
}

// host reports whether the cookie has the prefix.
func (a *abused) host() bool { return a.name != "id" }

// cookies returns a Cookie header with these values, in their order.
func (a *abused) cookies(values ...string) string {
	return a.name + "=" + strings.Join(values, "; "+a.name+"=")
}

// known starts a session and returns its visitor and its token.
func (a *abused) known() (v *visitor, token string) {
	v = newVisitor(a.t, a.m).begin()
	return v, string(v.token())
}

// stranger checks that whoever sends this header is nobody: served like
// anybody without a cookie, at the price of so many lookups and of nothing
// else, with these rejections. What such a visitor then writes goes to a
// session of a new token.
func (a *abused) stranger(what, sent string, loads int, reasons ...string) {
	a.t.Helper()
	a.events.clear()
	calls, lookups := a.store.Calls(), a.store.Calls(coatchecktest.OpLoad)
	v := &visitor{a.t, a.m, sent}
	v.expectAnonymous()
	res := v.visit(func(s *coatcheck.Session) { expectEqual(a.t, what+": motto", motto.Get(s), "") })
	expectStatus(a.t, res, http.StatusOK)
	expectNoCookie(a.t, res)
	// Two requests were made, each of which cost the same.
	expectEqual(a.t, what+": lookups", a.store.Calls(coatchecktest.OpLoad)-lookups, 2*loads)
	expectEqual(a.t, what+": calls", a.store.Calls()-calls, 2*loads)
	if got, want := a.events.rejected(), slices.Concat(reasons, reasons); !slices.Equal(got, want) {
		a.t.Errorf("%s: rejected for %q, want %q", what, got, want)
	}

	creates, replaces := a.store.Calls(coatchecktest.OpCreate), a.store.Calls(coatchecktest.OpReplace)
	expectStatus(a.t, v.visit(func(s *coatcheck.Session) { tally.Set(s, 7) }), http.StatusOK)
	if token := string(v.token()); v.cookie == sent || token == "" || strings.Contains(sent, token) {
		a.t.Errorf("%s: the write went to a token that the client chose", what)
	}
	v.expectTally(7)
	expectEqual(a.t, what+": births by a write", a.store.Calls(coatchecktest.OpCreate)-creates, 1)
	expectEqual(a.t, what+": replaces by a write", a.store.Calls(coatchecktest.OpReplace)-replaces, 0)
}

// opens checks that the header opens v's session, at the price of so many
// lookups and with so many reports of duplicates.
func (a *abused) opens(v *visitor, what, sent string, loads, duplicates int) {
	a.t.Helper()
	a.events.clear()
	lookups := a.store.Calls(coatchecktest.OpLoad)
	(&visitor{a.t, a.m, sent}).visit(func(s *coatcheck.Session) {
		expectEqual(a.t, what+": opens the session", s.ID(), v.id())
		expectEqual(a.t, what+": motto", motto.Get(s), "carpe diem")
	})
	expectEqual(a.t, what+": lookups", a.store.Calls(coatchecktest.OpLoad)-lookups, loads)
	expectEqual(a.t, what+": duplicates", len(a.events.of(coatcheck.EventDuplicate)), duplicates)
}

// unknownToken returns a token of the right form that no session has.
func unknownToken(n int) string { return strings.Repeat("A", 42) + string("AEIMQU"[n]) }

// rotations returns values in every order that rotating them gives.
func rotations(values ...string) (all [][]string) {
	for i := range values {
		all = append(all, slices.Concat(values[i:], values[:i]))
	}
	return all
}

func TestCase01UnknownToken(t *testing.T) {
	abuse(t, func(a *abused) {
		a.stranger("unknown", a.cookies(unknownToken(0)), 1, "unknown")
		if e := a.events.of(coatcheck.EventRejected); len(e) == 0 || e[0].ID != a.m.ID(coatcheck.Token(unknownToken(0))) {
			a.t.Error("the event does not name the ID")
		}
	})
}

func TestCase02TokensOfAWrongLength(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		for _, value := range []string{"", "A", token[:42], token + "A", token + token} {
			a.stranger(strconv.Itoa(len(value))+" characters", a.cookies(value), 0, "length")
		}
		a.opens(v, "43 characters", a.cookies(token), 1, 0)
	})
}

func TestCase05VariantsOfAGoodToken(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, token[42])
		for _, value := range []string{`"` + token + `"`, token + "=", token[:20] + "\n" + token[20:], token + "\r\n", "\n" + token, "%41" + token[1:], token + "\u2000"} {
			a.stranger("another length", a.cookies(value), 0, "length")
		}
		a.stranger("no value", a.name, 0, "length")
		for loose := 1; loose < 4; loose++ { // the two bits that a token does not use
			a.stranger("trailing bits", a.cookies(token[:42]+alphabet[last+loose:last+loose+1]), 0, "trailing bits")
		}
		for _, b := range []string{"\n", "\r", "\x00", "\"", "+", "/", "=", "%", ".", " ", "\xff"} {
			a.stranger("a byte outside the alphabet", a.cookies(token[:20]+b+token[21:]), 0, "characters")
		}
		for _, sent := range []string{" \t" + a.cookies(token) + " \t", ";;" + a.cookies(token) + ";", "a=b;" + a.cookies(token) + ";c"} {
			a.opens(v, "blanks and neighbours", sent, 1, 0)
		}
	})
}

func TestCase06CookiesThatLookLikeOurs(t *testing.T) {
	abuse(t, func(a *abused) {
		_, token := a.known()
		for _, name := range []string{strings.ToUpper(a.name), "\u2000" + a.name, "\u00a0" + a.name, "\v" + a.name, a.name + "\u2000",
			"%69d", "%5F%5FHost-id", "__HOST-id", "__Secure-id", "x" + a.name, a.name + "x", "", `"` + a.name + `"`} {
			a.stranger("another name", name+"="+token, 0)
		}
	})
}

func TestCase09BogusAndValidDuplicates(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		for bogus, loads := range map[string]int{"": 1, "x": 1, token[:42] + "B": 1, unknownToken(0): 2} {
			for _, both := range rotations(bogus, token) {
				sent := a.cookies(both...)
				if a.host() {
					a.stranger("bogus and valid", sent, 0, "ambiguous")
					expectEqual(a.t, "duplicates", len(a.events.of(coatcheck.EventDuplicate)), 3) // requests of stranger
					continue
				}
				a.opens(v, "bogus and valid", sent, loads, 1)
			}
		}
		a.opens(v, "the same twice", a.cookies(token, token), 1, 0)
		v.expectMotto("")
	})
}

func TestCase10TwoValidTokens(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		attacker, planted := a.known()
		loads := 2
		if a.host() {
			loads = 0
		}
		for _, both := range rotations(token, planted) {
			a.stranger("two valid", a.cookies(both...), loads, "ambiguous")
			expectEqual(a.t, "duplicates", len(a.events.of(coatcheck.EventDuplicate)), 3)
		}
		for _, each := range []*visitor{v, attacker} {
			each.expectMotto("")
			each.expectTally(0) // what a stranger writes went to neither
		}
	})
}

func TestCase12MoreDuplicatesThanAreExamined(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		for _, five := range rotations(token, unknownToken(0), unknownToken(1), unknownToken(2), unknownToken(3)) {
			a.stranger("five", a.cookies(five...), 0, "too many duplicates")
		}
		a.stranger("five times the same", a.cookies(token, token, token, token, token), 0, "too many duplicates")
		if !a.host() {
			for _, four := range rotations(token, unknownToken(0), unknownToken(1), unknownToken(2)) {
				a.opens(v, "four", a.cookies(four...), 4, 1)
			}
		}
		v.expectMotto("")
	})
}

func TestCase11TokenPlantedBeforeTheLogin(t *testing.T) {
	abuse(t, func(a *abused) {
		attacker, planted := a.known()
		victim := &visitor{a.t, a.m, a.cookies(planted)}
		victim.login("victim")
		if string(victim.token()) == planted {
			a.t.Fatal("the login kept the planted token")
		}
		victim.expectMotto("victim")
		attacker.expectAnonymous()
		// Nor does the attacker's write begin anything, or reach the victim.
		res := attacker.visit(func(s *coatcheck.Session) { tally.Set(s, 666) })
		expectStatus(a.t, res, http.StatusConflict)
		expectNoCookie(a.t, res)
		victim.expectTally(0)
	})
}

func TestCase14LoggedOutTokenReplayed(t *testing.T) {
	abuse(t, func(a *abused) {
		v, token := a.known()
		v.login("ada")
		renewed := string(v.token())
		expectStatus(a.t, v.visit(func(s *coatcheck.Session) { expectNil(a.t, s.Destroy(a.t.Context())) }), http.StatusOK)
		expectEqual(a.t, "the cookie that is left", v.cookie, "")
		a.stranger("logged out", a.cookies(renewed), 1, "unknown")
		a.neverAgain(token, renewed)
	})
}

func TestCase15SaveUnderWayAtALogout(t *testing.T) {
	abuse(t, func(a *abused) {
		for _, explicit := range []bool{true, false} {
			v, token := a.known()
			a.inFlight(v, explicit, func(s *coatcheck.Session) error { return s.Destroy(a.t.Context()) })
			a.stranger("logged out", a.cookies(token), 1, "unknown")
			a.neverAgain(token)
		}
	})
}

func TestCase16SaveUnderWayAtARenewal(t *testing.T) {
	abuse(t, func(a *abused) {
		for _, explicit := range []bool{true, false} {
			for owner, renew := range map[string]func(s *coatcheck.Session) error{
				"":    func(s *coatcheck.Session) error { return s.Renew(a.t.Context()) },
				"ada": func(s *coatcheck.Session) error { return s.Login(a.t.Context(), "ada") },
			} {
				v, token := a.known()
				next := a.inFlight(v, explicit, renew)
				v.expectAnonymous()
				expectEqual(a.t, "reason", strings.Join(a.events.rejected(), ", "), "replaced")
				next.expectMotto(owner)
				next.expectTally(0)
				a.neverAgain(token)
			}
		}
	})
}

// inFlight runs end on v's session in a second request while a first one is
// under way, which then saves, and must not succeed. It returns the browser of
// the second request.
func (a *abused) inFlight(v *visitor, explicit bool, end func(*coatcheck.Session) error) (second *visitor) {
	a.t.Helper()
	second = v.twin()
	a.events.clear()
	res := v.twin().visit(func(s *coatcheck.Session) {
		expectEqual(a.t, "motto", motto.Get(s), "carpe diem")
		second.visit(func(s *coatcheck.Session) { expectNil(a.t, end(s)) })
		tally.Set(s, 1)
		if explicit {
			expectError(a.t, s.Save(a.t.Context()), coatcheck.ErrGone)
		}
	})
	expectNoCookie(a.t, res)
	if !explicit {
		expectStatus(a.t, res, http.StatusConflict)
	}
	expectEqual(a.t, "changes that came too late", len(a.events.of(coatcheck.EventGone)), 1)
	return second
}

// neverAgain checks that the store was asked to create each token's record
// once, when its session was born.
func (a *abused) neverAgain(tokens ...string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, token := range tokens {
		id, n := a.m.ID(coatcheck.Token(token)), 0
		for _, created := range a.created {
			if created == id {
				n++
			}
		}
		expectEqual(a.t, "births of one token", n, 1)
	}
}

// abuseWire starts a real server whose page says whose visit it is, and
// returns it with a token that it knows.
func abuseWire(t *testing.T) (site *tcpSite, token string) {
	site = tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		_, _ = io.WriteString(w, "note "+tcpNote.Get(s))
	})
	site.begin("mine")
	return site, string(site.token())
}

// abuseSend sends a request with this Cookie header byte by byte as it is, and
// returns the status and the page. The store must have been asked so often.
func abuseSend(t *testing.T, site *tcpSite, cookie string, loads int) (status int, page string) {
	t.Helper()
	before := site.store.Calls()
	conn, err := net.Dial("tcp", site.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	written := make(chan struct{})
	go func() { // the server may answer before it has read all
		defer close(written)
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\nCookie: "+cookie+"\r\n\r\n")
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	expectNil(t, err)
	_ = res.Body.Close()
	_ = conn.Close()
	<-written
	expectNoCookie(t, res)
	expectEqual(t, "calls to the store", site.store.Calls()-before, loads)
	return res.StatusCode, string(body)
}

// The pages of a stranger and of the session.
const nobody, mine = "note ", "note mine"

// A wireCase is a Cookie header and what becomes of it.
type wireCase struct {
	what, cookie string
	loads        int
	status       int
	page         string // "" is any
}

func abuseOnTheWire(t *testing.T, cases func(token string) []wireCase) {
	site, token := abuseWire(t)
	for _, c := range cases(token) {
		status, page := abuseSend(t, site, c.cookie, c.loads)
		expectEqual(t, c.what+": status", status, c.status)
		if c.page != "" {
			expectEqual(t, c.what+": page", page, c.page)
		}
	}
	// Whatever came in, the session is as it was.
	_, page := abuseSend(t, site, "id="+token, 1)
	expectEqual(t, "the page afterwards", page, mine)
}

func TestCase03HugeToken(t *testing.T) {
	abuseOnTheWire(t, func(token string) []wireCase {
		return []wireCase{
			{"900 kB", "id=" + strings.Repeat("A", 900_000), 0, http.StatusOK, nobody},
			{"900 kB beside a valid one", "id=" + token + "; id=" + strings.Repeat("A", 900_000), 1, http.StatusOK, mine},
			{"1.1 MB", "id=" + strings.Repeat("A", 1_100_000), 0, http.StatusRequestHeaderFieldsTooLarge, ""},
		}
	})
}

func TestCase04BytesThatAreNoText(t *testing.T) {
	abuseOnTheWire(t, func(token string) []wireCase {
		return []wireCase{
			{"not UTF-8", "id=\xff\xfe", 0, http.StatusOK, nobody},
			{"not UTF-8, of a token's length", "id=" + strings.Repeat("\xff", 43), 0, http.StatusOK, nobody},
			{"not UTF-8 in another cookie", "x=\xff\xfe; id=" + token, 1, http.StatusOK, mine},
			{"NUL", "id=" + token + "\x00", 0, http.StatusBadRequest, ""},
			{"bare CR", "id=" + token[:20] + "\r" + token[20:], 0, http.StatusBadRequest, ""},
		}
	})
}

func TestCase07FoldedAndRepeatedHeaders(t *testing.T) {
	abuseOnTheWire(t, func(token string) []wireCase {
		unknown := unknownToken(0)
		return []wireCase{
			{"folded", "x=y;\r\n id=" + token, 1, http.StatusOK, mine},
			{"folded duplicates, one bogus", "id=" + unknown + ";\r\n\tid=" + token, 2, http.StatusOK, mine},
			{"folded duplicates, none good", "id=" + unknown + ";\r\n id=x", 1, http.StatusOK, nobody},
			{"folded inside the token", "id=" + token[:20] + "\r\n " + token[20:], 0, http.StatusOK, nobody},
			{"two headers, one bogus", "id=" + unknown + "\r\nCookie: id=" + token, 2, http.StatusOK, mine},
			{"five in five headers", "id=" + token + strings.Repeat("\r\nCookie: id="+unknown, 4), 0, http.StatusOK, nobody},
		}
	})
}

func TestCase08ThousandsOfCookies(t *testing.T) {
	abuseOnTheWire(t, func(token string) []wireCase {
		return []wireCase{
			{"3,002 cookies", strings.Repeat("x=y; ", 3001) + "id=" + token, 0, http.StatusOK, nobody},
			{"3,002 cookies, ours first", "id=" + token + strings.Repeat("; x=y", 3001), 0, http.StatusOK, nobody},
			{"3,002 of our name", "id=" + token + strings.Repeat("; id="+token, 3001), 0, http.StatusOK, nobody},
			{"3,000 cookies", strings.Repeat("x=y; ", 2999) + "id=" + token, 1, http.StatusOK, mine},
		}
	})
}
