package coatcheck_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// Requirement 14: one carrier at a time. What any other one brings is not even
// looked up.
func TestRequirement14OneCarrierByDefault(t *testing.T) {
	for name, carrier := range map[string]coatcheck.Carrier{
		"":       nil,
		"cookie": coatcheck.CookieCarrier(),
		"bearer": coatcheck.HeaderCarrier("authorization"),
		"header": coatcheck.HeaderCarrier("x-session"),
		"form":   coatcheck.InsecureFormCarrier("sid"),
		"url":    coatcheck.InsecureURLCarrier("sid"),
	} {
		t.Run(name, func(t *testing.T) {
			site := carrierServe(t, carrier)
			token := site.kept("mine")
			for way, request := range ways(token) {
				if way == name || way == "cookie" && name == "" {
					is := site.opens(way, request, "mine")
					if want := name == "form" || name == "url"; (is.Token == token) != want || !want && is.Field != "" {
						t.Errorf("FormField gives %q=%q", is.Field, is.Token)
					}
					continue
				}
				site.stranger(way, request)
			}
			site.reads(token, "mine")
		})
	}
}

// Requirement 14: a header in its whole life. Nothing ever becomes a cookie.
func TestRequirement14Header(t *testing.T) {
	for _, c := range []struct{ name, answer, before string }{
		{"Authorization", "Session-Token", "Bearer "}, {"X-Session", "X-Session", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := carrierServe(t, coatcheck.HeaderCarrier(c.name))
			with := func(token, path string) (*tcpReply, found) {
				t.Helper()
				reply, is := site.send(carrierRequest{path: path, header: []string{c.name, c.before + token}})
				expectEqual(t, "Vary", strings.Join(reply.Header["Vary"], ", "), c.name)
				if len(reply.Cookies()) > 0 {
					t.Error("a header became a cookie")
				}
				if is.Field != "" || is.Token != "" || is.Link != "/next?a=b#c" {
					t.Errorf("a header is in the page: %+v", is)
				}
				want := "private"
				if reply.Header[c.answer] != nil {
					want = "no-store"
				}
				expectEqual(t, "Cache-Control", reply.Header.Get("Cache-Control"), want)
				return reply, is
			}
			reply, _ := with("", "/")
			site.silent("nothing was changed", reply)
			reply, _ = with("", "/?do=set&note=hers")
			first := reply.Header.Get(c.answer)
			reply, is := with(first, "/")
			expectEqual(t, "note", is.Note, "hers")
			site.silent("only read", reply)
			reply, _ = with(first, "/?do=persist") // means nothing to a header
			site.silent("persistent", reply)
			reply, is = with(first, "/?do=login")
			second := reply.Header.Get(c.answer)
			if second == "" || second == first || is.Owner != "ada" {
				t.Fatalf("the login of %q gives the same token, or none", is.Owner)
			}
			_, is = with(first, "/")
			expectEqual(t, "the token before the login opens nothing", is.New, true)
			reply, _ = with(second, "/?do=destroy")
			if lines := reply.Header[c.answer]; !slices.Equal(lines, []string{""}) {
				t.Errorf("after the end the header is %d lines, want an empty one", len(lines))
			}
			_, is = with(second, "/")
			expectEqual(t, "the destroyed token opens nothing", is.New, true)
		})
	}
}

// A header is late once the headers have left, like a cookie: what needs a new
// token is refused before any call, and only that.
func TestRequirement14HeaderTooLate(t *testing.T) {
	site := &carrierSite{tcpServe(t, func(w http.ResponseWriter, r *http.Request) {
		s := tcpSession(t, r)
		_, _ = w.Write([]byte("{}"))
		expectNil(t, http.NewResponseController(w).Flush())
		tcpNote.Set(s, "late")
		if s.IsNew() {
			expectError(t, s.Save(r.Context()), coatcheck.ErrHeadersSent)
		}
		expectError(t, s.Login(r.Context(), "ada"), coatcheck.ErrHeadersSent)
		s.SetPersistent(true) // needs no new token here
	}, func(site *tcpSite) {
		site.options.InsecureCookie, site.options.Carrier = false, coatcheck.HeaderCarrier("X-Session")
	})}
	site.send(carrierRequest{})
	site.wait()
	expectEqual(t, "calls", site.store.Calls(), 0)
	expectEqual(t, "reports", len(site.seen(coatcheck.EventLateChange)), 1)
	token := site.kept("early")
	site.send(carrierRequest{header: []string{"X-Session", token}})
	site.wait()
	site.reads(token, "late")
	expectEqual(t, "reports", len(site.seen(coatcheck.EventLateChange)), 1)
}

// What is wrong with a header costs no lookup.
func TestRequirement14HeaderForms(t *testing.T) {
	site := carrierServe(t, coatcheck.HeaderCarrier("Authorization"))
	token := site.kept("mine")
	with := func(values ...string) (c carrierRequest) {
		for _, v := range values {
			c.header = append(c.header, "Authorization", v)
		}
		return c
	}
	for _, good := range []string{"Bearer " + token, "bEARER   " + token, "Bearer " + token + "  "} {
		site.opens("good", with(good), "mine")
	}
	site.opens("another scheme beside it", with("Basic YTpi", "Bearer "+token), "mine")
	for _, none := range []string{"", "Bearer", "Bearer ", "Basic " + token, token, "Bearer\t" + token, "BearerX " + token} {
		site.stranger("nothing of ours", with(none))
	}
	for bad, reason := range map[string]string{"x": "length", token[:42]: "length", token + "A": "length", token + " x": "length", `"` + token[:41] + `"`: "characters",
		token[:42] + "B": "trailing bits", token + ", " + token: "length", strings.Repeat("A", 50_000): "length"} {
		site.stranger("malformed", with("Bearer "+bad), reason)
	}
	for _, twice := range [][]string{{"Bearer " + token, "Bearer " + token}, {"Bearer " + token, "Bearer x"}, {"Bearer", "Bearer " + token}} {
		site.stranger("twice", with(twice...), "ambiguous")
		expectEqual(t, "duplicates", len(site.seen(coatcheck.EventDuplicate)), 1)
	}
}

// Case 13: carriers that disagree open nothing, whatever each of them is
// worth, and what is then written goes to neither of their sessions.
func TestCase13CarriersDisagree(t *testing.T) {
	site := carrierServe(t, coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.HeaderCarrier("X-Session"), coatcheck.InsecureFormCarrier("sid")))
	hers, his := site.kept("hers"), site.kept("his")
	for what, tokens := range map[string][2]string{"two good": {hers, his}, "unknown": {hers, unknownToken(0)}, "unknown first": {unknownToken(0), hers},
		"malformed": {hers, "x"}, "malformed first": {"x", hers}, "trailing bits": {hers[:42] + "B", hers}} {
		for way, request := range map[string]carrierRequest{
			"cookie and header": {header: []string{"Cookie", "__Host-id=" + tokens[0], "X-Session", tokens[1]}},
			"cookie and form":   with(post("/", "sid", tokens[1]), "Cookie", "__Host-id="+tokens[0]),
			"header and form":   with(post("/", "sid", tokens[1]), "X-Session", tokens[0]),
		} {
			site.stranger(what+", "+way, request, "ambiguous")
			expectEqual(t, "duplicates", len(site.seen(coatcheck.EventDuplicate)), 1)
			request.path = "/?do=set&note=planted"
			reply, _ := site.send(request)
			if !reply.setsCookie() || reply.Header["X-Session"] != nil {
				t.Errorf("%s, %s: what was born does not travel by the first carrier", what, way)
			}
			if token := reply.Cookies()[0].Value; token == hers || token == his {
				t.Errorf("%s, %s: a token was adopted", what, way)
			}
		}
	}
	site.reads(hers, "hers")
	site.reads(his, "his")
	is := site.opens("the same twice", carrierRequest{header: []string{"Cookie", "__Host-id=" + hers, "X-Session", hers}}, "hers")
	expectEqual(t, "FormField", is.Field, "")
}

// with adds to a request's header.
func with(c carrierRequest, header ...string) carrierRequest {
	c.header = append(slices.Clone(c.header), header...)
	return c
}

// Requirement 14: the session of a chain answers by the carrier that its
// request came with, or asked for.
func TestRequirement14ChainAnswersAsItWasAsked(t *testing.T) {
	site := carrierServe(t, coatcheck.FirstOf(coatcheck.CookieCarrier(), coatcheck.FirstOf(coatcheck.HeaderCarrier("X-Session"), coatcheck.InsecureFormCarrier("sid"))))
	// answers returns the token that a response brings, by its carrier.
	answers := func(what string, c carrierRequest) map[string]string {
		t.Helper()
		reply, is := site.send(c)
		expectEqual(t, what+": Vary", strings.Join(reply.Header["Vary"], ", "), "Cookie, X-Session")
		expectEqual(t, what+": Cache-Control", reply.Header.Get("Cache-Control"), "no-store")
		got := map[string]string{}
		for _, c := range reply.Cookies() {
			got["cookie"] = c.Value
		}
		if lines := reply.Header["X-Session"]; lines != nil {
			got["header"] = lines[0]
		}
		if is.Field != "" {
			got["form"] = is.Token
		}
		return got
	}
	for way, begin := range map[string]carrierRequest{
		"cookie": {path: "/?do=set&note=a"},
		"header": {path: "/?do=set&note=a", header: []string{"X-Session", ""}},
		"form":   post("/?do=set&note=a", "sid", ""),
	} {
		got := answers(way, begin)
		if len(got) != 1 || len(got[way]) != 43 {
			t.Fatalf("%s: a birth is answered by %d carriers, want by that one", way, len(got))
		}
		next := ways(got[way])[way]
		site.opens(way, next, "a")
		next.path = "/?do=login"
		again := answers(way, next)
		if len(again) != 1 || len(again[way]) != 43 || again[way] == got[way] {
			t.Fatalf("%s: a login is answered by %d carriers", way, len(again))
		}
		last := ways(again[way])[way]
		last.path = "/?do=destroy"
		if end := answers(way, last); len(end) != 1 || end[way] != "" {
			t.Errorf("%s: the end is answered by %d carriers", way, len(end))
		}
	}
}

// Managers of any carriers stand side by side, each with its own sessions.
func TestCarriersSideBySide(t *testing.T) {
	store := shelf(t, nil)
	type side struct {
		way string
		m   *coatcheck.Manager
	}
	var sides []side
	for way, c := range map[string]coatcheck.Carrier{"cookie": nil, "bearer": coatcheck.HeaderCarrier("Authorization"), "header": coatcheck.HeaderCarrier("X-Session"),
		"form": coatcheck.InsecureFormCarrier("sid"), "form too": coatcheck.InsecureFormCarrier("other"), "url": coatcheck.InsecureURLCarrier("sid")} {
		sides = append(sides, side{way, manage(t, store, &coatcheck.Options{Name: strings.ReplaceAll(way, " ", "-"), Carrier: c})})
	}
	tokens := map[string]string{}
	for _, each := range sides {
		s, err := each.m.Open(t.Context(), "")
		expectNil(t, err)
		motto.Set(s, each.way)
		expectNil(t, s.Save(t.Context()))
		tokens[each.way] = string(s.Token())
	}
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, each := range sides {
			s, err := each.m.FromContext(r.Context())
			expectNil(t, err)
			expectEqual(t, "session of "+each.way, motto.Get(s), each.way)
			expectNil(t, s.Login(r.Context(), "ada"))
		}
		expectEqual(t, "the handler's own field", r.PostFormValue("greeting"), "hello")
	})
	for _, each := range sides {
		h = each.m.Handler(h)
	}
	site := tcpServe(t, h.ServeHTTP)
	r, err := http.NewRequest("POST", site.server.URL+"/?sid="+tokens["url"], strings.NewReader("other="+tokens["form too"]+"&greeting=hello&sid="+tokens["form"]))
	expectNil(t, err)
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {"__Host-cookie=" + tokens["cookie"]},
		"Authorization": {"Bearer " + tokens["bearer"]}, "X-Session": {tokens["header"]}}
	reply := site.do(r)
	expectEqual(t, "status", reply.StatusCode, http.StatusOK)
	expectEqual(t, "cookies", len(reply.Cookies()), 1)
	for _, name := range []string{"Session-Token", "X-Session"} {
		expectEqual(t, name, len(reply.Header.Get(name)), 43)
	}
}

// Of several carriers that a request asks for the chain's first is taken.
func TestRequirement14ChainAskedTwice(t *testing.T) {
	m := manage(t, shelf(t, nil), &coatcheck.Options{Carrier: coatcheck.FirstOf(coatcheck.HeaderCarrier("X-First"), coatcheck.HeaderCarrier("X-Second"))})
	res := newVisitor(t, m).serveWith(http.Header{"X-First": {""}, "X-Second": {""}}, func(s *coatcheck.Session) { motto.Set(s, "asked") })
	if res.Header.Get("X-First") == "" || res.Header["X-Second"] != nil {
		t.Errorf("headers %v, want the first alone", res.Header)
	}
}
