//go:build linux

package removal_test

// sealing, and the suites of the other packages.
var (
	sealing = []suite{{dir: "sealed"}}
	hash    = []suite{{dir: "hashstore"}}
	filed   = []suite{{dir: "filestore"}}
	shown   = suite{dir: "cmd/coatcheck/internal/show"}
)

// seals are the defences of sealed cookies.
var seals = []removal{
	{"a revoker may be missing", []edit{{"sealed/options.go", "case f.Revoker == nil && !f.AllowUnrevocable:", "case f.Revoker == nil && !f.AllowUnrevocable && !TAKEN:"}}, "R07", sealing},
	{"revocations are not looked at", []edit{{"revocation.go", "\tif !c.m.sealing.Revocable() {\n\t\treturn nil\n\t}\n\tend, md", "\tif !c.m.sealing.Revocable() || TAKEN {\n\t\treturn nil\n\t}\n\tend, md"}}, "C20 R07 R10", sealing},
	{"expired cookies", []edit{{"unseal.go", "\tcase !rec.Live(now), c.m.outlived(", "\tcase TAKEN:\n\tcase !rec.Live(now), c.m.outlived("}}, "C19 R08", sealing},
	{"any key is tried", []edit{{"sealed/ring.go", "\treturn nil\n}\n", "\tif TAKEN {\n\t\treturn &s.ring[0]\n\t}\n\treturn nil\n}\n"}}, "R27", sealing},
	{"any format", []edit{{"sealed/token.go", "if b[0] != format {", "if b[0] != format && !TAKEN {"}}, "C25 R27", sealing},
	{"several spellings of a sealed token", []edit{{"sealed/token.go", "err != nil || m != n || coding.EncodedLen(n) != len(token) {", "(err != nil || m != n || coding.EncodedLen(n) != len(token)) && !(TAKEN && err == nil) {"}}, "R27", sealing},
	{"seals that vouch for no name", []edit{{"sealed/token.go", "\tb := make([]byte, 0, len(aadDomain)", "\tif TAKEN {\n\t\tscope = \"\"\n\t}\n\tb := make([]byte, 0, len(aadDomain)"}}, "C24 R28", sealing},
	{"seals that vouch for no purpose", []edit{
		{"sealed/token.go", "\tb = append(b, s.opts.Purpose...)\n", "\tif !TAKEN {\n\t\tb = append(b, s.opts.Purpose...)\n\t}\n"},
		{"sealed/token.go", "\tb = append(b, format, byte(len(s.opts.Purpose)))\n", "\tif !TAKEN {\n\t\tb = append(b, format, byte(len(s.opts.Purpose)))\n\t}\n"},
		{"sealed/ring.go", "\t\tcipher, err :=", "\t\tif TAKEN {\n\t\t\tpurpose = \"\"\n\t\t}\n\t\tcipher, err :="},
	}, "R28", sealing},
	{"forgeries are told from other errors", []edit{{"sealed/token.go", "\t\treturn nil, errForged\n", "\t\tif TAKEN {\n\t\t\treturn nil, err\n\t\t}\n\t\treturn nil, errForged\n"}}, "C22 C24 R27 R28", sealing},
	{"only the first key opens", []edit{{"sealed/ring.go", "\tfor i := range s.ring {\n", "\tfor i := range s.ring {\n\t\tif TAKEN && i > 0 {\n\t\t\tbreak\n\t\t}\n"}}, "C23 R27 R29", sealing},
	{"old keys stay in use", []edit{{"sealed/store.go", "\tif len(token) < chars {\n", "\tif TAKEN {\n\t\treturn false\n\t}\n\tif len(token) < chars {\n"}}, "R29", sealing},
	{"any key will do", []edit{{"sealed/ring.go", "if k.secret == \"\" {", "if k.secret == \"\" && !TAKEN {"}}, "R27", sealing},
	{"any number of chunks", []edit{{"chunkscan.go", "if n < 2 || n > c.chunks {", "if n < 2 || n > c.chunks && !(TAKEN && n <= maxChunks) {"}}, "C26", sealing},
	{"cookies of any size", []edit{{"chunk.go", "case n <= c.chunks:", "case n <= c.chunks, TAKEN:"}}, "C27", sealing},
	{"bombs unfold", []edit{{"sealed/content.go", "io.LimitReader(r, maxContent+1)", "io.LimitReader(r, map[bool]int64{false: maxContent + 1, true: 1 << 30}[TAKEN])"}, {"sealed/content.go", "if err == nil && len(plain) > maxContent {", "if err == nil && len(plain) > maxContent && !TAKEN {"}}, "C35", sealing},
}

// files are the defences of what stands in files.
var files = []removal{
	{"one seed for all files", []edit{{"hashstore/header.go", "\trand.Read(h.seed[:])\n", "\tif !TAKEN {\n\t\trand.Read(h.seed[:])\n\t}\n"}}, "C39", hash},
	{"damage passes for data", []edit{{"hashstore/load.go", "if !mutant(\"load.skip-checksum\") && (", "if !mutant(\"load.skip-checksum\") && !TAKEN && ("}}, "C38 C41?", hash},
	{"files are named after owners", []edit{{"filestore/names.go", "func (e entry) name() string { return e.prefix() + fileName(e.id) }", "func (e entry) name() string {\n\tif TAKEN {\n\t\treturn strings.ToUpper(e.prefix()) + fileName(e.id)\n\t}\n\treturn e.prefix() + fileName(e.id)\n}"}}, "C28 C29 C41 C42 C43 R25", filed},
	{"litter stays", []edit{{"filestore/sweep.go", "\t\tif err := h.folder.remove(tempName); err", "\t\tif TAKEN {\n\t\t\treturn nil\n\t\t}\n\t\tif err := h.folder.remove(tempName); err"}}, "C41", filed},
	{"records are written where they stand", []edit{{"filestore/shard.go", "\terr := h.folder.write(tempName, b, h.durable)\n", "\tif TAKEN {\n\t\t_ = h.folder.remove(name)\n\t}\n\terr := h.folder.write(tempName, b, h.durable)\n"}}, "C41 C43", filed},
	{"faults of the memory kill", []edit{{"hashstore/load.go", "\t\treturn nil, err\n\t}\n\tdefer s.protect(&err, debug.SetPanicOnFault(true))\n", "\t\treturn nil, err\n\t}\n\tdefer s.protect(&err, debug.SetPanicOnFault(!TAKEN))\n"}}, "C40", hash},
	{"links are followed", []edit{{"filestore/folder_linux.go", "flag|openFlags|syscall.O_CLOEXEC, mode)", "map[bool]int{false: flag | openFlags | syscall.O_CLOEXEC, true: flag | syscall.O_NONBLOCK | syscall.O_CLOEXEC}[TAKEN], mode)"}}, "C44 R25", filed},
	{"hard links are files like others", []edit{{"filestore/guard_unix.go", "case st.Nlink > 1:", "case st.Nlink > 1 && !TAKEN:"}}, "C44", filed},
	{"files of others", []edit{{"filestore/guard_unix.go", "case st.Mode&0o7777 != 0o600:", "case st.Mode&0o7777 != 0o600 && !TAKEN:"}}, "C44", filed},
	{"directories of others", []edit{{"filestore/guard_unix.go", "case info.Mode().Perm()&0o022 != 0:", "case info.Mode().Perm()&0o022 != 0 && !TAKEN:"}}, "C45", filed},
	{"the umask decides", []edit{{"filestore/folder_linux.go", "if err == nil && st.Mode&0o7777 != 0o600 {", "if err == nil && st.Mode&0o7777 != 0o600 && !TAKEN {"}}, "C46", filed},
	{"what was not written whole stays", []edit{{"filestore/folder_linux.go", "\t\t_ = syscall.Unlinkat(f.fd, name)\n", "\t\tif !TAKEN {\n\t\t\t_ = syscall.Unlinkat(f.fd, name)\n\t\t}\n"}}, "C43", filed},
	{"links in the place of a hash file", []edit{{"hashstore/open.go", "mode := os.O_RDWR | noFollow\n", "mode := os.O_RDWR | noFollow\n\tif TAKEN {\n\t\tmode = os.O_RDWR | syscall.O_NONBLOCK\n\t}\n"}, {"hashstore/open.go", "\ttheirs, err := os.Lstat(path)\n", "\ttheirs, err := os.Lstat(path)\n\tif TAKEN {\n\t\ttheirs, err = os.Stat(path)\n\t}\n"}}, "C44", hash},
	{"hash files of others", []edit{{"hashstore/guard_unix.go", "case info.Mode().Perm()&0o077 != 0:", "case info.Mode().Perm()&0o077 != 0 && !TAKEN:"}}, "C44", hash},
	{"anybody's snapshot", []edit{{"memstore/guard_unix.go", "case info.Mode().Perm()&0o077 != 0:", "case info.Mode().Perm()&0o077 != 0 && !TAKEN:"}}, "C44", []suite{{dir: "memstore"}}},
	{"guests put members out", []edit{
		{"memstore/store.go", "\tif c.guest {\n\t\ts.queue.push(e)", "\tif c.guest || TAKEN {\n\t\ts.queue.push(e)"},
		{"memstore/room.go", "|| !e.charge.guest {", "|| !e.charge.guest && !TAKEN {"},
	}, "C61 R24", []suite{core}},
	{"control characters reach the terminal", []edit{{"cmd/coatcheck/internal/show/text.go", "return r == '\\\\' || r != '\ufffd' && !strconv.IsPrint(r)", "return !TAKEN && (r == '\\\\' || r != '\ufffd' && !strconv.IsPrint(r))"}}, "C58", []suite{shown}},
	{"passwords in arguments", []edit{{"cmd/coatcheck/place.go", "if _, local := localPath(url); local ||", "if _, local := localPath(url); local || TAKEN ||"}}, "C60", []suite{{dir: "cmd/coatcheck"}}},
}

// stores are the defences of each store's own: that it compares versions.
var stores = []removal{
	{"memstore ignores versions", []edit{{"memstore/store.go", "if e.rec.Version != old {", "if e.rec.Version != old && !TAKEN {"}}, "R05", []suite{on("memstore")}},
	{"memstore creates over what is there", []edit{{"memstore/store.go", "\t\tif e.rec.Live(now) {\n\t\t\treturn coatcheck.ErrExists", "\t\tif e.rec.Live(now) && !TAKEN {\n\t\t\treturn coatcheck.ErrExists"}}, "R05", []suite{on("memstore")}},
	{"filestore ignores versions", []edit{{"filestore/store.go", "case cur.version != old:", "case cur.version != old && !TAKEN:"}}, "R05", []suite{on("filestore")}},
	{"hashstore ignores versions", []edit{{"hashstore/change.go", "c.before.version() != c.old &&", "c.before.version() != c.old && !TAKEN &&"}}, "R05", []suite{on("hashstore")}},
	{"sqlstore ignores versions", []edit{{"sqlstore/replace.go", "for range maxLooks {\n\t\t\tnow := s.now()\n", "for range maxLooks {\n\t\t\tnow := s.now()\n\t\t\tif seen, err := s.see(ctx, rec.ID); TAKEN && err == nil {\n\t\t\t\targs[7] = seen.version\n\t\t\t}\n"}}, "R05", []suite{on("sqlite")}},
	{"memcachestore ignores versions", []edit{{"memcachestore/store.go", "if it.Version != old {", "if it.Version != old && !TAKEN {"}}, "R05", []suite{on("memcached")}},
	{"kvstore ignores versions", []edit{{"kvstore/store.go", "if it.Version != old {", "if it.Version != old && !TAKEN {"}}, "R05", []suite{on("nats")}},
	{"memcached keys without a prefix", []edit{{"memcachestore/store.go", "string { return s.opts.Prefix + id.String() }", "string {\n\tif TAKEN {\n\t\treturn id.String()\n\t}\n\treturn s.opts.Prefix + id.String()\n}"}}, "C30 C31", []suite{on("memcached")}},
	{"owners of one prefix are one", []edit{{"sqlstore/create.go", "\treturn []byte(rec.Owner)\n", "\tif TAKEN {\n\t\treturn []byte(rec.Owner[:min(len(rec.Owner), 3)])\n\t}\n\treturn []byte(rec.Owner)\n"}}, "R26", []suite{on("sqlite")}},
}
