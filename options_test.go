package coatcheck_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// A refusedOption is a configuration that New must refuse, and the field that
// its error must name.
type refusedOption struct {
	what, field string
	opts        coatcheck.Options
}

// cookieOf returns options that differ from the defaults in the cookie.
func cookieOf(c coatcheck.CookieOptions) coatcheck.Options { return coatcheck.Options{Cookie: c} }

// insecure returns options that drop the cookie's Secure attribute.
func insecure(c coatcheck.CookieOptions) coatcheck.Options {
	return coatcheck.Options{Cookie: c, InsecureCookie: true}
}

// refuse checks that New refuses each configuration with an error that names
// the field.
func refuse(t *testing.T, list []refusedOption) {
	t.Helper()
	store := shelf(t, nil)
	for _, test := range list {
		m, err := coatcheck.New(store, &test.opts)
		if err == nil {
			_ = m.Close()
			t.Errorf("%s: accepted", test.what)
			continue
		}
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Options."+test.field+" ") {
			t.Errorf("%s: %q, want ErrInvalid that names Options.%s", test.what, err, test.field)
		}
		if m != nil {
			t.Errorf("%s: a manager came with the error", test.what)
		}
	}
}

func TestOptionsRefuseNames(t *testing.T) {
	var list []refusedOption
	for _, name := range []string{"a b", "a;b", "a,b", "a=b", "a\r\nb", "a\x00b", "é", "\"id\"", "a/b", strings.Repeat("n", 65)} {
		list = append(list, refusedOption{fmt.Sprintf("name %.12q", name), "Name", coatcheck.Options{Name: name}})
	}
	for _, name := range []string{"a b", "a;b", "a,b", "a=b", "a\r\nSet-Cookie: b", "a\tb", "a\x00b", "a\x7fb", "é", "\u2000id", "a\"b", "(id)", "[id]",
		strings.Repeat("n", 4096-43+1), "id~1", "id~7", "__Host-id~3"} {
		c := coatcheck.CookieOptions{Name: name}
		list = append(list, refusedOption{fmt.Sprintf("cookie name %.12q", name), "Cookie.Name", cookieOf(c)},
			refusedOption{fmt.Sprintf("insecure cookie name %.12q", name), "Cookie.Name", insecure(c)})
	}
	refuse(t, list)
}

// A browser refuses a cookie whose prefix promises what its attributes do not
// keep, whatever the prefix's case.
func TestOptionsRefusePrefixes(t *testing.T) {
	refuse(t, []refusedOption{
		{"__Host- with Domain", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__Host-id", Domain: "site.test"})},
		{"__Host- with Path", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__Host-id", Path: "/app"})},
		{"__Host- without Secure", "Cookie.Name", insecure(coatcheck.CookieOptions{Name: "__Host-id"})},
		{"__Secure- without Secure", "Cookie.Name", insecure(coatcheck.CookieOptions{Name: "__Secure-id"})},
		{"__Http- without Secure", "Cookie.Name", insecure(coatcheck.CookieOptions{Name: "__Http-id"})},
		{"__HOST-", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__HOST-id"})},
		{"__host- with Domain", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__host-id", Domain: "site.test"})},
		{"__secure-", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__secure-id"})},
		{"__sEcure- without Secure", "Cookie.Name", insecure(coatcheck.CookieOptions{Name: "__sEcure-id"})},
		{"__Host-Http- with Domain", "Cookie.Name", cookieOf(coatcheck.CookieOptions{Name: "__Host-Http-id", Domain: "site.test"})},
	})
}

func TestOptionsRefusePaths(t *testing.T) {
	var list []refusedOption
	for _, path := range []string{"app", "*", " /", "/a;b", "/a; Domain=evil.test", "/a,b", "/a\r\nb", "/a\nb", "/a\x00b", "/a\x7fb", "/é", "/" + strings.Repeat("p", 1024)} {
		list = append(list, refusedOption{fmt.Sprintf("path %.12q", path), "Cookie.Path", cookieOf(coatcheck.CookieOptions{Path: path})})
	}
	refuse(t, list)
}

func TestOptionsRefuseDomains(t *testing.T) {
	label := strings.Repeat("d", 63)
	var list []refusedOption
	for _, domain := range []string{".site.test", "site.test.", "site..test", "-site.test", "site-.test", "site.test; Path=/", "a,b.test", "site.test\r\nX: y",
		"site test", "söte.test", "*.site.test", "site.test:443", "192.0.2.1", "2001:db8::1", label + "d.test", strings.Repeat(label+".", 4) + "test"} {
		list = append(list, refusedOption{fmt.Sprintf("domain %.12q", domain), "Cookie.Domain", cookieOf(coatcheck.CookieOptions{Domain: domain})})
	}
	refuse(t, list)
}

func TestOptionsRefuseFlags(t *testing.T) {
	refuse(t, []refusedOption{
		{"SameSite None without Secure", "Cookie.SameSite", insecure(coatcheck.CookieOptions{SameSite: http.SameSiteNoneMode})},
		{"SameSite without a value", "Cookie.SameSite", cookieOf(coatcheck.CookieOptions{SameSite: http.SameSiteDefaultMode})},
		{"SameSite of no meaning", "Cookie.SameSite", cookieOf(coatcheck.CookieOptions{SameSite: 99})},
		{"negative SameSite", "Cookie.SameSite", cookieOf(coatcheck.CookieOptions{SameSite: -1})},
		{"Partitioned and Lax", "Cookie.Partitioned", cookieOf(coatcheck.CookieOptions{Partitioned: true, SameSite: http.SameSiteLaxMode})},
		{"Partitioned and Strict", "Cookie.Partitioned", cookieOf(coatcheck.CookieOptions{Partitioned: true, SameSite: http.SameSiteStrictMode})},
		{"Partitioned and Lax without Secure", "Cookie.Partitioned", insecure(coatcheck.CookieOptions{Partitioned: true, SameSite: http.SameSiteLaxMode})},
	})
	// Both fields are to blame here; one of them must be named.
	opts := insecure(coatcheck.CookieOptions{Partitioned: true})
	_, err := coatcheck.New(shelf(t, nil), &opts)
	expectError(t, err, coatcheck.ErrInvalid)
	if err != nil && !strings.Contains(err.Error(), "InsecureCookie forbids") {
		t.Errorf("Partitioned without Secure: %v", err)
	}
}

func TestOptionsRefuseTimeoutsAndLimits(t *testing.T) {
	list := []refusedOption{
		{"idle over absolute", "IdleTimeout", coatcheck.Options{IdleTimeout: 2 * time.Hour, AbsoluteTimeout: time.Hour}},
		{"idle over the default absolute", "IdleTimeout", coatcheck.Options{IdleTimeout: 12*time.Hour + 1}},
		{"anonymous idle over absolute", "AnonymousIdleTimeout", coatcheck.Options{AnonymousIdleTimeout: 2 * time.Hour, AnonymousAbsoluteTimeout: time.Hour}},
		{"anonymous idle over the default absolute", "AnonymousIdleTimeout", coatcheck.Options{AnonymousIdleTimeout: 2*time.Hour + 1}},
		{"no StoreTimeout", "StoreTimeout", coatcheck.Options{StoreTimeout: coatcheck.NoTimeout}},
		{"no PollInterval", "PollInterval", coatcheck.Options{PollInterval: coatcheck.NoTimeout}},
		{"negative MaxBytes", "MaxBytes", coatcheck.Options{MaxBytes: -1}},
		{"MaxBytes over 16 MiB", "MaxBytes", coatcheck.Options{MaxBytes: 16<<20 + 1}},
		{"negative MaxKeys", "MaxKeys", coatcheck.Options{MaxKeys: -1}},
		{"MaxKeys that no load allows", "MaxKeys", coatcheck.Options{MaxKeys: 1<<20 + 1}},
		{"persistent idle over absolute", "PersistentIdleTimeout", coatcheck.Options{PersistentIdleTimeout: 13 * time.Hour}},
		{"persistent idle over its absolute", "PersistentIdleTimeout", coatcheck.Options{PersistentIdleTimeout: 48 * time.Hour, PersistentAbsoluteTimeout: 24 * time.Hour}},
		{"first over idle", "FirstTimeout", coatcheck.Options{FirstTimeout: 31 * time.Minute}},
		{"first without idle", "FirstTimeout", coatcheck.Options{FirstTimeout: time.Minute, AnonymousIdleTimeout: coatcheck.NoTimeout}},
		{"negative MaxSessionsPerOwner", "MaxSessionsPerOwner", coatcheck.Options{MaxSessionsPerOwner: -1}},
		{"negative PerClient", "Flood.PerClient", coatcheck.Options{Flood: coatcheck.FloodOptions{PerClient: -1}}},
		{"negative Total", "Flood.Total", coatcheck.Options{Flood: coatcheck.FloodOptions{Total: -1}}},
		{"Window of no budget", "Flood.Window", coatcheck.Options{Flood: coatcheck.FloodOptions{Window: time.Minute}}},
		{"short Window", "Flood.Window", coatcheck.Options{Flood: coatcheck.FloodOptions{Window: time.Second - 1}}},
		{"long Window", "Flood.Window", coatcheck.Options{Flood: coatcheck.FloodOptions{Window: 24*time.Hour + 1}}},
	}
	for _, d := range []time.Duration{-2, -time.Hour, 1, time.Millisecond - 1} {
		list = append(list,
			refusedOption{d.String(), "IdleTimeout", coatcheck.Options{IdleTimeout: d}},
			refusedOption{d.String(), "AbsoluteTimeout", coatcheck.Options{AbsoluteTimeout: d}},
			refusedOption{d.String(), "AnonymousIdleTimeout", coatcheck.Options{AnonymousIdleTimeout: d}},
			refusedOption{d.String(), "AnonymousAbsoluteTimeout", coatcheck.Options{AnonymousAbsoluteTimeout: d}},
			refusedOption{d.String(), "PersistentIdleTimeout", coatcheck.Options{PersistentIdleTimeout: d}},
			refusedOption{d.String(), "PersistentAbsoluteTimeout", coatcheck.Options{PersistentAbsoluteTimeout: d}},
			refusedOption{d.String(), "FirstTimeout", coatcheck.Options{FirstTimeout: d}},
			refusedOption{d.String(), "StoreTimeout", coatcheck.Options{StoreTimeout: d}},
			refusedOption{d.String(), "SweepInterval", coatcheck.Options{SweepInterval: d}},
			refusedOption{d.String(), "PollInterval", coatcheck.Options{PollInterval: d}})
	}
	refuse(t, list)
}

func TestOptionsRefuseNoStore(t *testing.T) {
	_, err := coatcheck.New(nil, nil)
	expectError(t, err, coatcheck.ErrInvalid)
	if err != nil && !strings.Contains(err.Error(), "store") {
		t.Errorf("%v does not name the store", err)
	}
}

// What is unusual, but within the rules, is accepted: the bounds themselves
// among them.
func TestOptionsAccepted(t *testing.T) {
	for what, opts := range map[string]*coatcheck.Options{
		"nil":                    nil,
		"zero":                   {},
		"longest name":           {Name: strings.Repeat("n", 64)},
		"name of all letters":    {Name: "aZ09-_."},
		"insecure Strict":        {InsecureCookie: true, Logger: slog.New(slog.DiscardHandler), Cookie: coatcheck.CookieOptions{SameSite: http.SameSiteStrictMode}},
		"longest cookie name":    {Cookie: coatcheck.CookieOptions{Name: strings.Repeat("n", 4096-43)}},
		"odd cookie name":        {Cookie: coatcheck.CookieOptions{Name: "!#$%&'*+-.^_`|~"}},
		"almost a chunk's name":  {Cookie: coatcheck.CookieOptions{Name: "id~0"}},
		"no chunk's name":        {Cookie: coatcheck.CookieOptions{Name: "~1"}},
		"__Host-Http-":           {Cookie: coatcheck.CookieOptions{Name: "__Host-Http-id"}},
		"__Secure- with Domain":  {Cookie: coatcheck.CookieOptions{Name: "__Secure-id", Domain: "site.test", Path: "/app"}},
		"longest path":           {Cookie: coatcheck.CookieOptions{Path: "/" + strings.Repeat("p", 1023)}},
		"single-label domain":    {Cookie: coatcheck.CookieOptions{Domain: "localhost"}},
		"domain with digits":     {Cookie: coatcheck.CookieOptions{Domain: "xn--4ca.3com.test"}},
		"Partitioned":            {Cookie: coatcheck.CookieOptions{Partitioned: true}},
		"Partitioned and None":   {Cookie: coatcheck.CookieOptions{Partitioned: true, SameSite: http.SameSiteNoneMode}},
		"no timeouts":            {IdleTimeout: coatcheck.NoTimeout, AbsoluteTimeout: coatcheck.NoTimeout},
		"no anonymous timeouts":  {AnonymousIdleTimeout: coatcheck.NoTimeout, AnonymousAbsoluteTimeout: coatcheck.NoTimeout},
		"idle as absolute":       {IdleTimeout: time.Hour, AbsoluteTimeout: time.Hour},
		"idle without absolute":  {IdleTimeout: 48 * time.Hour, AbsoluteTimeout: coatcheck.NoTimeout},
		"shortest timeouts":      {IdleTimeout: time.Millisecond, AbsoluteTimeout: time.Millisecond, StoreTimeout: time.Millisecond},
		"greatest and least cap": {MaxBytes: 16 << 20, MaxKeys: 1, MaxSessionsPerOwner: 1},
		"most keys":              {MaxKeys: 1 << 20},
		"no persistent timeouts": {PersistentIdleTimeout: coatcheck.NoTimeout, PersistentAbsoluteTimeout: coatcheck.NoTimeout},
		"persistent for a month": {PersistentAbsoluteTimeout: 30 * 24 * time.Hour},
		"first as idle":          {FirstTimeout: 30 * time.Minute},
		"no first":               {FirstTimeout: coatcheck.NoTimeout, AnonymousIdleTimeout: coatcheck.NoTimeout},
		"budgets":                {Flood: coatcheck.FloodOptions{PerClient: 1, Total: 1 << 20, Window: time.Second}},
		"budgets of a day":       {Flood: coatcheck.FloodOptions{PerClient: 1 << 30, Window: 24 * time.Hour}},
	} {
		m, err := coatcheck.New(shelf(t, nil), opts)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		_ = m.Close()
	}
}

// A timeout that was not set takes its default, or the shorter one that its
// pair allows. The columns are the timeouts of an anonymous session and of one
// that somebody has logged in to.
func TestOptionsTimeouts(t *testing.T) {
	const no, minute, hour = coatcheck.NoTimeout, time.Minute, time.Hour
	for _, test := range []struct {
		what string
		opts coatcheck.Options
		want [4]time.Duration // anonymous idle and absolute, idle and absolute
	}{
		{"defaults", coatcheck.Options{}, [4]time.Duration{30 * minute, 2 * hour, 30 * minute, 12 * hour}},
		{"short idle", coatcheck.Options{IdleTimeout: 5 * minute}, [4]time.Duration{5 * minute, 2 * hour, 5 * minute, 12 * hour}},
		{"long idle", coatcheck.Options{IdleTimeout: 3 * hour}, [4]time.Duration{30 * minute, 2 * hour, 3 * hour, 12 * hour}},
		{"short absolute", coatcheck.Options{AbsoluteTimeout: 10 * minute}, [4]time.Duration{10 * minute, 10 * minute, 10 * minute, 10 * minute}},
		{"medium absolute", coatcheck.Options{AbsoluteTimeout: hour}, [4]time.Duration{30 * minute, hour, 30 * minute, hour}},
		{"short anonymous absolute", coatcheck.Options{AnonymousAbsoluteTimeout: 7 * minute}, [4]time.Duration{7 * minute, 7 * minute, 30 * minute, 12 * hour}},
		{"no absolute", coatcheck.Options{AbsoluteTimeout: no}, [4]time.Duration{30 * minute, 2 * hour, 30 * minute, no}},
		{"no idle", coatcheck.Options{IdleTimeout: no}, [4]time.Duration{30 * minute, 2 * hour, 12 * hour, 12 * hour}},
		{"none", coatcheck.Options{IdleTimeout: no, AbsoluteTimeout: no, AnonymousIdleTimeout: no, AnonymousAbsoluteTimeout: no}, [4]time.Duration{no, no, no, no}},
		{"all set", coatcheck.Options{IdleTimeout: 2 * hour, AbsoluteTimeout: 9 * hour, AnonymousIdleTimeout: 3 * hour, AnonymousAbsoluteTimeout: 4 * hour},
			[4]time.Duration{3 * hour, 4 * hour, 2 * hour, 9 * hour}},
	} {
		clock := newClock()
		test.opts.Now = clock.Now
		store := shelf(t, clock.Now)
		m := manage(t, store, &test.opts)
		left := func(at time.Time) time.Duration {
			if at.After(clock.Now().AddDate(100, 0, 0)) {
				return no
			}
			return at.Sub(clock.Now())
		}
		var got []time.Duration
		v := newVisitor(t, m).begin()
		for range 2 {
			rec, err := store.Load(t.Context(), v.id())
			if err != nil {
				t.Fatalf("%s: %v", test.what, err)
			}
			got = append(got, left(rec.Expires), left(rec.Deadline))
			v.login("ada")
		}
		if !slices.Equal(got, test.want[:]) {
			t.Errorf("%s: timeouts %v, want %v", test.what, got, test.want)
		}
	}
}

// New copies its options: what the caller does with them later has no effect.
func TestOptionsAreCopied(t *testing.T) {
	opts := coatcheck.Options{Name: "first", SweepInterval: coatcheck.NoSweep}
	m, err := coatcheck.New(shelf(t, nil), &opts)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before := m.ID("t")
	expectEqual(t, "Options as they were given", opts.Cookie.Name+opts.IdleTimeout.String(), "0s")
	opts.Name, opts.Cookie.Name = "second", "other"
	if v := newVisitor(t, m).begin(); !strings.HasPrefix(v.cookie, "__Host-first=") {
		t.Error("the cookie changed its name with the caller's options")
	}
	expectEqual(t, "the ID of a token", m.ID("t"), before)
}
