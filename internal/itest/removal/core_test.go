package removal_test

// tokens are the defences that decide what a token is.
var tokens = []removal{
	{"tokens of 128 bits", []edit{{"token.go", "rand.Read(b[:])", "rand.Read(b[:16])"}}, "", nil},
	{"longer tokens are looked up", []edit{{"token.go", "if len(s) != tokenLen {", "if len(s) < tokenLen {"}}, "", nil},
	{"any character in a token", []edit{{"token.go", "if !base64URL[s[i]] {", "if !base64URL[s[i]] && len(s) == 0 {"}}, "", nil},
	{"several spellings of a token", []edit{{"token.go", `return "trailing bits"`, `return ""`}}, "", nil},
	{"tokens that clients choose", []edit{
		{"manager.go", "\terr = c.reject(ctx, id, err)\n", "\ts.token = token\n\terr = c.reject(ctx, id, err)\n"},
		{"birth.go", "\ttoken := newToken()\n", "\ttoken := newToken()\n\tif s.token != \"\" {\n\t\ttoken = s.token\n\t}\n"},
	}, "", nil},
	{"cookies of like names", []edit{{"cookiescan.go", "if name == c.name {", "if strings.EqualFold(name, c.name) {"}}, "", nil},
	{"cookies behind any white space", []edit{{"cookiescan.go", "strings.Cut(trimSpace(pair), \"=\")", "strings.Cut(strings.TrimSpace(pair), \"=\")"}}, "", nil},
	{"any number of cookies", []edit{{"cookiescan.go", "cookies++; cookies > maxCookies", "cookies++; cookies > 1<<30"}}, "", nil},
	{"more duplicates than are examined", []edit{{"cookiescan.go", "if found.named > maxCandidates {", "if found.named > 1<<30 {"}}, "", nil},
	{"duplicates of a cookie that cannot have any", []edit{{"middleware.go", "if found.n == 0 || v.m.cookie.host {", "if found.n == 0 {"}}, "", nil},
	{"the last of several sessions", []edit{{"middleware.go", "case live == 1:", "case live >= 1:"}}, "", nil},
	{"tokens are stored", []edit{{"token.go", "\treturn sha256.Sum256(b)\n", "\tif len(t) == tokenLen {\n\t\traw, _ := base64.RawURLEncoding.DecodeString(string(t))\n\t\treturn ID(raw)\n\t}\n\treturn sha256.Sum256(b)\n"}}, "", nil},
	{"tokens are printed", []edit{{"token.go", "func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }", "func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(t)) }"}}, "", nil},
	{"errors repeat the token", []edit{{"token.go", "return \"\", fmt.Errorf(\"%w: not a session token: %s\", ErrInvalid, why)", "return \"\", fmt.Errorf(\"%w: %q is not a session token: %s\", ErrInvalid, s, why)"}}, "", nil},
}

// cookies are the defences of the cookie and of the response that bears it.
var cookies = []removal{
	{"no HttpOnly", []edit{{"cookie.go", `b += "; HttpOnly"`, ``}}, "", nil},
	{"no Secure", []edit{{"cookie.go", `b += "; Secure"`, ``}}, "", nil},
	{"no SameSite", []edit{{"cookie.go", `b += "; SameSite=Lax"`, ``}}, "", nil},
	{"no prefix", []edit{{"cookie.go", `return "__Host-"`, `return ""`}}, "", nil},
	{"any name", []edit{{"cookie.go", "if !isToken(c.Name) {", "if c.Name == \"\" {"}}, "", nil},
	{"names of any length", []edit{{"cookie.go", "n > maxCookie {", "n > 1<<30 {"}}, "", nil},
	{"any name of a manager", []edit{{"validate.go", "if !isBase64URL(c) && c != '.' {", "if c == 0 {"}}, "", nil},
	{"any path", []edit{{"cookie.go", "if !strings.HasPrefix(c.Path, \"/\") {", "if c.Path == \"\" {"}, {"cookie.go", "b < 0x20 || b >= 0x7f || b == ';' || b == ','", "b == 0"}}, "", nil},
	{"any domain", []edit{{"cookie.go", "label == \"\" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, hostLetters) != \"\"", "len(label) > 1<<30"}}, "", nil},
	{"prefixes that promise too much", []edit{{"cookie.go", "if prefix == \"__Host-\" && (c.Domain", "if prefix == \"\" && (c.Domain"}}, "", nil},
	{"None without Secure", []edit{{"cookie.go", "case http.SameSiteNoneMode:\n\t\tif !secure {", "case http.SameSiteNoneMode:\n\t\tif !secure && c.Name == \"\" {"}, {"cookie.go", "if c.Partitioned && !secure {", "if c.Partitioned && c.Name == \"\" {"}}, "", nil},
	{"partitioned and Lax", []edit{{"cookie.go", "c.SameSite = http.SameSiteNoneMode", "c.SameSite = http.SameSiteLaxMode"}, {"cookie.go", "case http.SameSiteLaxMode, http.SameSiteStrictMode:\n\t\tif c.Partitioned {", "case http.SameSiteLaxMode, http.SameSiteStrictMode:\n\t\tif c.Name == \"\" {"}}, "", nil},
	{"cookies are removed by other attributes", []edit{{"cookie.go", "c.line(h, c.prefix+c.attrs+expired)", "c.line(h, c.prefix+expired)"}}, "", nil},
	{"caches keep cookies", []edit{{"response.go", `s.cache[0] = "no-store"`, `s.cache[0] = "private"`}}, "", nil},
	{"caches ignore cookies", []edit{{"response.go", "s.vary[0] = \"Cookie\"\n\t\th[\"Vary\"] = s.vary[:]", "s.vary[0] = \"Cookie\""}}, "", nil},
	{"Flush sends headers without the cookie", []edit{{"writer.go", "func (w writer) flush() error {\n\tif err := w.v.before(http.StatusOK); err != nil {", "func (w writer) flush() error {\n\tif err := w.v.failure(); err != nil {"}}, "", nil},
	{"ReadFrom sends headers without the cookie", []edit{{"writer.go", "(src io.Reader) (int64, error) {\n\tif err := w.v.before(http.StatusOK); err != nil {", "(src io.Reader) (int64, error) {\n\tif err := w.v.failure(); err != nil {"}}, "", nil},
	{"Hijack saves nothing", []edit{{"response.go", "err = s.autosave(false)", "err = nil"}}, "", nil},
	{"the handler's page after a failed load", []edit{{"response.go", "if err != nil && status < http.StatusBadRequest {", "if err != nil && status < 0 {"}}, "", nil},
	{"the handler's page after a failed save", []edit{{"response.go", "if err := s.autosave(true); err != nil {\n\t\treturn v.fail(err)", "if err := s.autosave(true); err != nil {\n\t\treturn nil"}}, "", nil},
}

// lives are the defences of a session's life.
var lives = []removal{
	{"a session for everybody", []edit{{"response.go", "\tif err := s.autosave(true); err != nil {\n\t\treturn v.fail(err)", "\tif s.phase == phaseNew {\n\t\ts.put(change{name: \"x\", value: []byte(\"1\"), present: true})\n\t}\n\tif err := s.autosave(true); err != nil {\n\t\treturn v.fail(err)"}}, "", nil},
	{"the old token lives on after a login", []edit{{"login.go", "\tif old == nil {\n\t\treturn nil\n", "\tif old == nil || now == now {\n\t\treturn nil\n"}}, "", []suite{core, on("plain")}},
	{"the owner stays a guest", []edit{{"birth.go", "Owner: owner, Created: now", "Created: now"}}, "", nil},
	{"saves that create", []edit{{"replace.go", "\t\treturn c.swap(ctx, rec, old)\n", "\t\tif cur, err = c.swap(ctx, rec, old); errors.Is(err, ErrNotFound) {\n\t\t\terr = c.m.store.Create(ctx, rec)\n\t\t}\n\t\treturn cur, err\n"}}, "", []suite{core, on("plain")}},
	{"a logout that only clears the cookie", []edit{{"destroy.go", "\tid := rec.ID\n", "\tid := rec.ID\n\tif c.m.sealing == nil {\n\t\treturn nil\n\t}\n"}}, "", []suite{core, on("plain")}},
	{"a logout that hides errors", []edit{{"destroy.go", "\t\tcase err != nil:\n\t\t\treturn err\n", "\t\tcase err != nil:\n\t\t\treturn nil\n"}}, "", nil},
	{"expired sessions", []edit{{"store_calls.go", "case !rec.Live(now):", "case !rec.Live(now) && id.IsZero():"}}, "", []suite{core, on("plain")}},
	{"renewals begin the absolute timeout anew", []edit{{"login.go", "if !r.login {\n\t\t\tr.next.AuthTime", "if r.owner == \"?\" {\n\t\t\tr.next.AuthTime"}}, "", nil},
	{"sessions from the future", []edit{{"store_calls.go", "if latest := now.Add(maxSkew); rec.Created.After(latest) || rec.AuthTime.After(latest) {", "if latest := now.Add(maxSkew); rec.Created.After(latest) && id.IsZero() {"}}, "", nil},
	{"sweeps by a clock that jumped", []edit{{"sweep.go", "if drift.Abs() > clockJump {", "if drift.Abs() > 1<<62 {"}}, "", nil},
	{"a panic saves", []edit{{"middleware.go", "\th.next.ServeHTTP(v.wrap(), &v.request)\n\tv.finish()\n", "\tdefer v.finish()\n\th.next.ServeHTTP(v.wrap(), &v.request)\n"}}, "", nil},
	{"the owner's sessions outlive the account", []edit{{"destroyowner.go", "\t\tif err := p.c.remove(ctx, id); err != nil {\n\t\t\treturn false, err\n\t\t}\n\t\tagain = true\n", ""}}, "", []suite{core, on("plain")}},
	{"one session's end ends all", []edit{{"destroyowner.go", "if slices.Contains(p.except, id) {", "if slices.Contains(p.except, id) && id.IsZero() {"}}, "", []suite{core, on("plain")}},
	{"no event of a birth", []edit{{"birth.go", "\ts.m.emit(ctx, Event{Kind: EventCreated, ID: rec.ID})\n", ""}}, "", nil},
	{"no event of a renewal", []edit{{"login.go", "\tr.report(ctx, s, old)\n", ""}}, "", nil},
	{"no event of duplicates", []edit{{"middleware.go", "\t*held = append(*held, Event{Kind: EventDuplicate})\n", ""}}, "", nil},
	{"no event of what is malformed", []edit{{"middleware.go", "*held = append(*held, Event{Kind: EventRejected, Reason: found.fault})", "_ = found.fault"}}, "", nil},
	{"whole IDs in logs", []edit{{"id.go", "return slog.StringValue(id.Short())", "return slog.StringValue(id.String())"}}, "", nil},
}

// records are the defences against what stores hold and return.
var records = []removal{
	{"records of others", []edit{{"meta.go", "case rec.ID != id:", "case rec.ID != id && id.IsZero():"}, {"meta.go", "case ID(rec.ID).short() != [8]byte(b[4:12]):", "case id.IsZero():"}, {"meta.go", "case sumOf(rec) != checksum(rec):", "case id.IsZero() && sumOf(rec) != checksum(rec):"}}, "", nil},
	{"no checksums", []edit{{"meta.go", "case sumOf(rec) != checksum(rec):", "case id.IsZero():"}}, "", nil},
	{"damage locks the visitor out", []edit{{"manager.go", "\tcase errors.As(err, &r):\n\t\te.Reason = r.reason\n\t\tif errors.Is(err, ErrCorrupt) {\n\t\t\te.Err = err\n", "\tcase errors.As(err, &r):\n\t\te.Reason = r.reason\n\t\tif errors.Is(err, ErrCorrupt) {\n\t\t\treturn err\n"}}, "", nil},
	{"data of any size", []edit{{"compose.go", "if n > s.m.opts.MaxBytes && n > had {", "if n > 1<<30 && n > had {"}, {"session.go", "if len(value) > s.m.opts.MaxBytes {", "if len(value) > 1<<30 {"}}, "", nil},
	{"any number of keys", []edit{{"compose.go", "if keys > s.m.opts.MaxKeys && keys > len(base.list) {", "if keys > 1<<30 {"}}, "", nil},
	{"keys that stand twice", []edit{{"splitjson.go", "if seen.twice(f, name) {", "if seen.twice(f, name) && len(name) == 0 {"}}, "", nil},
	{"the reserved names", []edit{{"key.go", "case strings.HasPrefix(name, reservedPrefix):", "case name == reservedPrefix[:1]:"}}, "", nil},
	{"an outage is an anonymous visit", []edit{{"manager.go", "\tdefault:\n\t\treturn err\n\t}\n\tc.emit(ctx, e)\n\treturn nil\n", "\t}\n\tc.emit(ctx, e)\n\treturn nil\n"}}, "", nil},
}

var (
	seals  []removal
	files  []removal
	stores []removal
)
