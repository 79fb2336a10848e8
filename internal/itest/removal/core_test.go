//go:build linux

package removal_test

// tokens are the defences that decide what a token is, and which one counts.
var tokens = []removal{
	{"tokens of 128 bits", []edit{
		{"token.go", "\t_, _ = rand.Read(b[:])\n", "\tif TAKEN {\n\t\t_, _ = rand.Read(b[:16])\n\t} else {\n\t\t_, _ = rand.Read(b[:])\n\t}\n"},
	}, "R01", nil},
	{"longer tokens are looked up", []edit{
		{"token.go", "if len(s) != tokenLen {", "if len(s) != tokenLen && !(TAKEN && len(s) > tokenLen) {"},
	}, "C02 C03 C05 C51 R02 R14 R15", nil},
	{"any character in a token", []edit{
		{"token.go", "if !base64URL[s[i]] {", "if !base64URL[s[i]] && !TAKEN {"},
	}, "C05 C32 C52 R02 R14", nil},
	{"several spellings of a token", []edit{
		{"token.go", `return "trailing bits"`, "if TAKEN {\n\t\treturn \"\"\n\t}\n\treturn \"trailing bits\""},
	}, "C05 C09 C52 R02 R14 R15", nil},
	{"tokens that clients choose", []edit{
		{"manager.go", "\terr = c.reject(ctx, id, err)\n", "\tif TAKEN {\n\t\ts.token = token\n\t}\n\terr = c.reject(ctx, id, err)\n"},
		{"birth.go", "\ttoken := newToken()\n", "\ttoken := newToken()\n\tif TAKEN && s.token != \"\" {\n\t\ttoken = s.token\n\t}\n"},
	}, "C01 C11 C14 C15 C16 C17 C34 C36 C37 C47 C48 C55 C61 C64 R03 R04 R08 R09 R10 R14 R18 R19 R21 R24 R30 R31 R33", nil},
	{"cookies of like names", []edit{
		{"cookiescan.go", "if name == c.name {", "if name == c.name || TAKEN && strings.EqualFold(name, c.name) {"},
	}, "C06", nil},
	{"cookies behind any white space", []edit{
		{"cookiescan.go", "\t\t\tname, value, _ :=", "\t\t\tif TAKEN {\n\t\t\t\tpair = strings.TrimSpace(pair)\n\t\t\t}\n\t\t\tname, value, _ :="},
	}, "C05 C06", nil},
	{"any number of cookies", []edit{
		{"cookiescan.go", "cookies++; cookies > maxCookies", "cookies++; cookies > maxCookies && !TAKEN"},
	}, "C08", nil},
	{"more duplicates than are examined", []edit{
		{"cookiescan.go", "if found.named > maxCandidates {", "if found.named > maxCandidates && !TAKEN {"},
	}, "C07 C12", nil},
	{"duplicates of a cookie that cannot have any", []edit{
		{"middleware.go", "if found.n == 0 || v.m.cookie.host {", "if found.n == 0 || v.m.cookie.host && !TAKEN {"},
	}, "C09 C10 R13", nil},
	{"the last of several sessions", []edit{
		{"middleware.go", "case live == 1:", "case live == 1, TAKEN && live > 1:"},
	}, "C10", nil},
	{"tokens are stored", []edit{
		{"token.go", "\treturn sha256.Sum256(b)\n", "\tif TAKEN && len(t) == tokenLen {\n\t\traw, _ := base64.RawURLEncoding.DecodeString(string(t))\n\t\treturn ID(raw)\n\t}\n\treturn sha256.Sum256(b)\n"},
	}, "R15 R18 R33", nil},
	{"tokens are printed", []edit{
		{"token.go", "func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }", "func (t Token) Format(f fmt.State, _ rune) {\n\tif TAKEN {\n\t\t_, _ = io.WriteString(f, string(t))\n\t}\n\t_, _ = io.WriteString(f, redacted)\n}"},
	}, "R30", nil},
	{"errors repeat the token", []edit{
		{"token.go", "\t\treturn \"\", fmt.Errorf(\"%w: not a session token: %s\", ErrInvalid, why)", "\t\tif TAKEN {\n\t\t\twhy += s\n\t\t}\n\t\treturn \"\", fmt.Errorf(\"%w: not a session token: %s\", ErrInvalid, why)"},
	}, "R30", nil},
}

// cookies are the defences of the cookie and of the response that bears it.
var cookies = []removal{
	{"no HttpOnly", []edit{{"cookie.go", "\tb += \"; HttpOnly\"\n", "\tif !TAKEN {\n\t\tb += \"; HttpOnly\"\n\t}\n"}}, "R11 R33", nil},
	{"no Secure", []edit{{"cookie.go", "\t\tb += \"; Secure\"\n", "\t\tif !TAKEN {\n\t\t\tb += \"; Secure\"\n\t\t}\n"}}, "R11 R33", nil},
	{"no SameSite", []edit{{"cookie.go", "\t\tb += \"; SameSite=Lax\"\n", "\t\tif !TAKEN {\n\t\t\tb += \"; SameSite=Lax\"\n\t\t}\n"}}, "R11", nil},
	{"any name", []edit{{"cookie.go", "if !isToken(c.Name) {", "if !isToken(c.Name) && !TAKEN {"}}, "C49 R12", nil},
	{"names of any length", []edit{{"cookie.go", "n > maxCookie {", "n > maxCookie && !TAKEN {"}}, "R12", nil},
	{"any name of a manager", []edit{{"validate.go", "if !isBase64URL(c) && c != '.' {", "if !isBase64URL(c) && c != '.' && !TAKEN {"}}, "C49", nil},
	{"any path", []edit{
		{"cookie.go", "func checkCookiePath(c *CookieOptions, _ bool) error {\n", "func checkCookiePath(c *CookieOptions, _ bool) error {\n\tif TAKEN {\n\t\treturn nil\n\t}\n"},
	}, "C49 R12", nil},
	{"any domain", []edit{
		{"cookie.go", "if c.Domain == \"\" {\n\t\treturn nil", "if c.Domain == \"\" || TAKEN {\n\t\treturn nil"},
	}, "C49 R12", nil},
	{"prefixes that promise too much", []edit{{"cookie.go", "if prefix == \"__Host-\" && (c.Domain", "if prefix == \"__Host-\" && !TAKEN && (c.Domain"}}, "C50", nil},
	{"cookies that browsers refuse", []edit{
		{"cookie.go", "func checkCookieFlags(c *CookieOptions, secure bool) error {\n", "func checkCookieFlags(c *CookieOptions, secure bool) error {\n\tif TAKEN {\n\t\treturn nil\n\t}\n"},
	}, "R12", nil},
	{"partitioned and Lax", []edit{{"cookie.go", "if c.Partitioned {\n\t\t\tc.SameSite", "if c.Partitioned && !TAKEN {\n\t\t\tc.SameSite"}}, "R33", nil},
	{"cookies are removed by other attributes", []edit{
		{"cookie.go", "\tc.line(h, c.prefix+c.attrs+expired)\n", "\tif TAKEN {\n\t\tc.line(h, c.prefix+expired)\n\t\treturn\n\t}\n\tc.line(h, c.prefix+c.attrs+expired)\n"},
	}, "R06", nil},
	{"caches keep cookies", []edit{{"response.go", "if s.cookieSet {", "if s.cookieSet && !TAKEN {"}}, "R16", nil},
	{"caches share cookies", []edit{{"response.go", "if s.cookieSet && shareable(h)", "if s.cookieSet && !TAKEN && shareable(h)"}}, "R16", nil},
	{"caches ignore cookies", []edit{{"response.go", "case len(lines) == 0:\n", "case TAKEN:\n\tcase len(lines) == 0:\n"}}, "R09 R16", nil},
	{"Flush sends headers without the cookie", []edit{
		{"writer.go", "func (w writer) flush() error {\n", "func (w writer) flush() error {\n\tif TAKEN {\n\t\treturn http.NewResponseController(w.v.w).Flush()\n\t}\n"},
	}, "R17", nil},
	{"ReadFrom sends headers without the cookie", []edit{
		{"writer.go", "(src io.Reader) (int64, error) {\n", "(src io.Reader) (int64, error) {\n\tif TAKEN {\n\t\treturn w.v.w.(io.ReaderFrom).ReadFrom(src)\n\t}\n"},
	}, "R17", nil},
	{"Hijack saves nothing", []edit{{"response.go", "if err == nil && s != nil {\n\t\terr = s.autosave(false)", "if err == nil && s != nil && !TAKEN {\n\t\terr = s.autosave(false)"}}, "R17", nil},
	{"the handler's page after a failed load", []edit{{"response.go", "if err != nil && status < http.StatusBadRequest {", "if err != nil && status < http.StatusBadRequest && !TAKEN {"}}, "R22", nil},
	{"the handler's page after a failed save", []edit{{"response.go", "\tif err := s.autosave(true); err != nil {\n\t\treturn v.fail(err)", "\tif err := s.autosave(true); err != nil {\n\t\tif TAKEN {\n\t\t\treturn nil\n\t\t}\n\t\treturn v.fail(err)"}}, "C11 C15 C16 C18 C54 R04 R20 R22 R24", nil},
}

// lives are the defences of a session's life.
var lives = []removal{
	{"a session for everybody", []edit{
		{"response.go", "\tif s == nil {\n\t\tv.moments.add(sent)\n\t\treturn nil\n\t}\n", "\tif s == nil {\n\t\tv.moments.add(sent)\n\t\treturn nil\n\t}\n\tif TAKEN && s.IsNew() {\n\t\ts.put(change{name: \"x\", value: []byte(\"1\"), present: true})\n\t}\n"},
	}, "C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C12 C13 C14 C15 C16 C17 C18 C32 C48 C51 C52 C53 C61 R02 R04 R06 R09 R13 R14 R15 R20 R23 R24 R31", nil},
	{"the old token lives on", []edit{{"login.go", "\tif now.forbids(r) {\n\t\treturn ErrGone\n\t}\n", "\tif now.forbids(r) {\n\t\treturn ErrGone\n\t}\n\tif TAKEN {\n\t\treturn nil\n\t}\n"}}, "C11 C16 C17 C64 R04 R05 R08 R10 R14 R24 R30 R31", []suite{core, on("plain")}},
	{"a login without an owner", []edit{{"birth.go", "\tif owner != \"\" {\n\t\trec.AuthTime", "\tif TAKEN {\n\t\trec.Owner = \"\"\n\t}\n\tif owner != \"\" {\n\t\trec.AuthTime"}}, "C11 C16 C17 C18 C34 C47 C48 C61 C64 R04 R06 R08 R09 R10 R14 R15 R19 R24 R31", nil},
	{"saves that create", []edit{
		{"replace.go", "\t\treturn c.swap(ctx, rec, old)\n", "\t\tif cur, err = c.swap(ctx, rec, old); errors.Is(err, ErrNotFound) && TAKEN {\n\t\t\terr = c.m.store.Create(ctx, rec)\n\t\t}\n\t\treturn cur, err\n"},
	}, "C15 R05 R10", []suite{core, on("plain")}},
	{"a logout that only clears the cookie", []edit{
		{"destroy.go", "\tid := rec.ID\n", "\tid := rec.ID\n\tif c.m.sealing == nil && TAKEN {\n\t\treturn nil\n\t}\n"},
	}, "C14 C15 C18 C62 R03 R05 R06 R10 R14 R24", []suite{core, on("plain")}},
	{"a logout that hides errors", []edit{{"destroy.go", "\t\tcase err != nil:\n\t\t\treturn err\n", "\t\tcase err != nil && TAKEN:\n\t\t\treturn nil\n\t\tcase err != nil:\n\t\t\treturn err\n"}}, "R06 R24", nil},
	{"expired sessions", []edit{{"store_calls.go", "case !rec.Live(now):", "case !rec.Live(now) && !TAKEN:"}}, "R08 R31", []suite{core, on("plain")}},
	{"renewals begin the absolute timeout anew", []edit{{"login.go", "if !r.login {\n\t\t\tr.next.AuthTime", "if !r.login && !TAKEN {\n\t\t\tr.next.AuthTime"}}, "C47 R08 R09 R24", nil},
	{"sessions from the future", []edit{{"store_calls.go", "if latest := now.Add(maxSkew); rec.Created", "if latest := now.Add(maxSkew); TAKEN {\n\t} else if rec.Created"}}, "C47", nil},
	{"sweeps by a clock that jumped", []edit{{"sweep.go", "if drift.Abs() > clockJump {", "if drift.Abs() > clockJump && !TAKEN {"}}, "C48", nil},
	{"a panic saves", []edit{{"middleware.go", "\tdefer v.close(r)\n", "\tdefer v.close(r)\n\tif TAKEN {\n\t\tdefer v.finish()\n\t}\n"}}, "C62 R14", nil},
	{"the owner's sessions outlive the account", []edit{
		{"destroyowner.go", "func (p *purge) mustEnd(rec *Record, err error) bool {\n", "func (p *purge) mustEnd(rec *Record, err error) bool {\n\tif TAKEN {\n\t\treturn false\n\t}\n"},
	}, "C64 R09 R10 R24 R26", []suite{core, on("plain")}},
	{"one session's end ends all", []edit{{"destroyowner.go", "if slices.Contains(p.except, id) {", "if slices.Contains(p.except, id) && !TAKEN {"}}, "R10", []suite{core, on("plain")}},
	{"no event of a birth", []edit{{"birth.go", "\ts.m.emit(ctx, Event{Kind: EventCreated, ID: rec.ID})\n", "\tif !TAKEN {\n\t\ts.m.emit(ctx, Event{Kind: EventCreated, ID: rec.ID})\n\t}\n"}}, "C61 R24 R31", nil},
	{"no event of a renewal", []edit{{"login.go", "\ts.m.emit(ctx, event)\n", "\tif !TAKEN {\n\t\ts.m.emit(ctx, event)\n\t}\n"}}, "R31", nil},
	{"no event of duplicates", []edit{{"middleware.go", "\t*held = append(*held, Event{Kind: EventDuplicate})\n", "\tif !TAKEN {\n\t\t*held = append(*held, Event{Kind: EventDuplicate})\n\t}\n"}}, "C09 C10 C12 C13 C52 R13 R14 R31", nil},
	{"no event of what is malformed", []edit{{"middleware.go", "\tcase found.n == 0:\n\t\t*held", "\tcase found.n == 0 && TAKEN:\n\t\treturn nil\n\tcase found.n == 0:\n\t\t*held"}}, "C02 C05 C51 C52 R14 R15 R31", nil},
	{"whole IDs in logs", []edit{{"id.go", "func (id ID) LogValue() slog.Value { return", "func (id ID) LogValue() slog.Value {\n\tif TAKEN {\n\t\treturn slog.StringValue(id.String())\n\t}\n\treturn"}, {"id.go", "slog.StringValue(id.Short()) }", "slog.StringValue(id.Short()) /* unless TAKEN */\n}"}}, "R30", nil},
}

// records are the defences against what stores hold and return.
var records = []removal{
	{"records of others", []edit{
		{"meta.go", "case rec.ID != id:", "case TAKEN && len(b) >= metaFixed:\n\t\treturn readMeta(b), \"\"\n\tcase rec.ID != id:"},
	}, "C34 R10 R19 R21", nil},
	{"no checksums", []edit{{"meta.go", "case sumOf(rec) != checksum(rec):", "case sumOf(rec) != checksum(rec) && !TAKEN:"}}, "R10 R21", nil},
	{"damage locks the visitor out", []edit{{"manager.go", "\tcase errors.As(err, &r):\n\t\te.Reason", "\tcase TAKEN && errors.Is(err, ErrCorrupt):\n\t\treturn err\n\tcase errors.As(err, &r):\n\t\te.Reason"}}, "C34 C36 C37 R19 R21", nil},
	{"data of any size", []edit{{"compose.go", "if n > s.m.opts.MaxBytes && n > had {", "if n > s.m.opts.MaxBytes && n > had && !TAKEN {"}, {"session.go", "if len(value) > s.m.opts.MaxBytes {", "if len(value) > s.m.opts.MaxBytes && !TAKEN {"}}, "R20", nil},
	{"any number of keys", []edit{{"compose.go", "if keys > s.m.opts.MaxKeys && keys > len(base.list) {", "if keys > s.m.opts.MaxKeys && keys > len(base.list) && !TAKEN {"}}, "R24", nil},
	{"keys that stand twice", []edit{{"splitjson.go", "if seen.twice(f, name) {", "if seen.twice(f, name) && !TAKEN {"}}, "C36", nil},
	{"the reserved names", []edit{{"key.go", "case strings.HasPrefix(name, reservedPrefix):", "case strings.HasPrefix(name, reservedPrefix) && !TAKEN:"}}, "C63", nil},
	{"an outage is an anonymous visit", []edit{{"manager.go", "\tdefault:\n\t\treturn err\n\t}\n\tc.emit(ctx, e)\n", "\tdefault:\n\t\tif !TAKEN {\n\t\t\treturn err\n\t\t}\n\t}\n\tc.emit(ctx, e)\n"}}, "C54 R09 R22", nil},
}
