// Package storeurl opens the store that a URL names, so that a flag or a line
// of a configuration file can choose it:
//
//	store, err := storeurl.Open(ctx, "hash:///var/lib/app/sessions.ht?durability=always")
//	defer storeurl.Close(store)
//	m, err := coatcheck.New(store, nil)
//
// A URL is the name of a scheme, a colon, where the store is, and perhaps a
// question mark with parameters, joined by "&". Every option of a store that can
// be said in words is a parameter; what there is not, and what a parameter
// cannot be, is an error that names the choices. These schemes are built in:
//
//	mem:       in memory: max_sessions, max_bytes, anonymous_share;
//	           snapshot=FILE with snapshot_interval
//	hash:FILE  one file of package hashstore: durability (none, always or an
//	           interval such as 1s), capacity, max_sessions, max_bytes,
//	           compress_above, must_exist, portable, sweep_interval
//	file:DIR   a file for each session, of package filestore: durability
//	           (process or machine), must_exist
//	ring:FILE  the stores that a JSON file names, by weight; see below
//
// Numbers are whole, sizes are bytes or have a unit such as MiB, durations have
// a unit as in "90s", and what can be switched off is "off".
//
// # Other stores
//
// Stores that need a driver or a client are not built in, and no import adds
// one behind your back: a [Mux] gets them as [Scheme] values. The program
// coatcheck has a Mux of every store of this project.
//
//	mux, err := storeurl.New(&storeurl.Options{Schemes: []storeurl.Scheme{{
//		Name: "postgres", Form: "//USER:PASSWORD@HOST/DATABASE", Gist: "a PostgreSQL database",
//		Params: []storeurl.Param{{Name: "table", Doc: "where the records are"}},
//		Password: true,
//		Open: func(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) { … },
//	}}})
//	store, err := mux.Open(ctx, url)
//
// # Files
//
// "hash:sessions.ht" is a path relative to the working directory of the
// process, also where the URL stands in a file; "hash:/a/b" and "hash:///a/b" are
// absolute ones. As two slashes begin a host, and a file has none,
// "hash://a/b" is an error. In a path %3F is a question mark, %25 a percent
// sign, and so on; a percent sign that begins no such code, and a question mark
// without a letter behind it, stand for themselves.
//
// # JSON
//
// A configuration file says the same by a string or by an object, see
// [Mux.ParseJSON]. The object has the URL, and parameters beside it:
//
//	{"url": "hash:///var/lib/app/sessions.ht", "durability": "always", "max_sessions": 100000}
//
// An object with members is a ring, and so is the file of ring:FILE:
//
//	{
//		"policy": "failover",
//		"members": [
//			{"name": "a", "weight": 15, "store": "hash:a.ht"},
//			{"name": "b", "weight": 20, "store": {"url": "hash:b.ht", "durability": "always"}},
//			{"name": "c", "standby": true, "store": "hash:c.ht"}
//		]
//	}
//
// A weight is 1 unless it is given. What else a ring can be told are policy
// (fail or failover), member_timeout, overlap, former (a list as members; a
// store that has not changed is left out), and layout (rendezvous or ketama);
// for ketama also ketama_hash (md5 or fnv1a_64), ketama_continuum (twemproxy or
// libketama) and ketama_prefix, which stands before the ID in the members'
// keys. The members of a ring are no rings.
//
// # Passwords
//
// Where a store takes a password, its URL can name the place of one instead:
// password_file=FILE, or password_env=NAME for a variable of the environment.
// Everybody on the machine can read a command line, so programs should refuse a
// password there: [HasPassword] finds it. [Redact] makes a URL fit to be
// printed. No error of this package has a password in it.
package storeurl
