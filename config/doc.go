// Package config sets up sessions from a JSON file: the store, and all that
// [coatcheck.Options] can be told in words.
//
//	{
//		"$schema": "https://raw.githubusercontent.com/coatcheck/coatcheck/main/config/schema.json",
//		"store": "hash:///var/lib/app/sessions.ht",
//		"idle_timeout": "60m",
//		"absolute_timeout": "12h",
//		"cookie": {"name": "__Host-app"},
//		"sweep_interval": "60m"
//	}
//
// A program reads the file, adds what only code can say, and opens it:
//
//	c, err := config.Read("/etc/app/sessions.json", nil)
//	c.Options.Logger = logger
//	s, err := c.Open(ctx)
//	defer s.Close()
//	http.ListenAndServe(":8080", s.Manager.Handler(mux))
//
// # Fields
//
// Only "store" must be there: a URL, or an object that says the same, as package
// storeurl has them. For stores that are not built in there, give Read a
// [storeurl.Mux]. The other fields are called as in [coatcheck.Options], and have
// the same defaults:
//
//	name                                             a string
//	idle_timeout, absolute_timeout                   durations, or "off"
//	anonymous_idle_timeout, anonymous_absolute_timeout
//	                                                 durations, or "off"
//	store_timeout                                    a duration
//	sweep_interval                                   a duration, or "off"
//	poll_interval                                    a duration
//	max_bytes                                        bytes, or a string with a unit: "64KiB"
//	max_keys                                         a number
//	insecure_cookie                                  true or false
//	carrier                                          "cookie", "header:NAME", "insecure-form:FIELD" or
//	                                                 "insecure-url:PARAMETER", or an array of these
//	form_max_bytes                                   bytes, or a string with a unit: "1MiB"
//	form_multipart                                   true or false
//	cookie                                           an object with name, domain, path (strings),
//	                                                 same_site ("lax", "strict" or "none"),
//	                                                 partitioned (true or false), and
//	                                                 chunks (a number, for sealed sessions)
//
// A duration is a string with units, such as "90s", "1h30m" or "500ms". [Schema]
// says all that for editors; "$schema" is for them, too, and ignored.
//
// # Errors
//
// What is wrong with a file is an [*Error] with the line, the column and the
// field. So is what contradicts itself, and a field that there is not, with the
// one that may have been meant; a duplicate; and text behind the end. The file is
// checked as a whole before anything is opened.
package config
