package storeurl

import (
	"net/url"
	"regexp"
	"strings"
)

// mask stands where a secret was.
const mask = "xxxxx"

// secretName finds parameters that may hold a secret themselves.
var secretName = regexp.MustCompile(`(?i)pass|pwd|secret|token|credential|auth`)

// isSecret reports whether the value of a parameter may be a secret, going by
// the parameter's name.
func isSecret(name string) bool {
	return secretName.MatchString(name) && !strings.HasSuffix(name, "file") && !strings.HasSuffix(name, "_env")
}

// keywords finds a secret among "host=db password=…", as some databases have it
// in the place of a URL.
var keywords = regexp.MustCompile(`(?i)(?:^|\s)\w*(?:pass|pwd|secret|token|credential|auth)\w*\s*=`)

// jsonURL finds JSON in the place of a URL, or of what follows its scheme: who
// writes that has mistaken a URL for the JSON of a configuration.
var jsonURL = regexp.MustCompile(`^\s*([a-zA-Z][a-zA-Z0-9+.-]*:)?/*\s*[{\[]\s*["{}\]]`)

// isJSON reports whether there is JSON in the place of a URL.
func isJSON(url string) bool { return jsonURL.MatchString(unescape(url)) }

// HasPassword reports whether a URL seems to hold a password or another secret:
// in front of the host, or as a parameter with such a name. It needs no Mux, and
// takes a malformed URL rather for one that does. A place where a password is,
// such as password_file, is none, nor is a user alone.
func HasPassword(url string) bool {
	if isJSON(url) {
		return strings.Contains(url, "@") || secretName.MatchString(unescape(url))
	}
	if u, ok := findUser(url); ok && strings.Contains(url[u.start:u.end], ":") && !strings.HasPrefix(url[u.scheme:], "///") {
		return true
	}
	before, query := cutQuery(url)
	if keywords.MatchString(before) {
		return true
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if isSecret(decoded(name)) && value != "" {
			return true
		}
	}
	return false
}

// Redact returns a URL fit to be printed: without the user and the password, and
// without the values of parameters that may be secrets. Of JSON nothing is left.
func Redact(url string) string {
	if isJSON(url) {
		scheme, _, _ := strings.Cut(url, "{")
		scheme, _, _ = strings.Cut(scheme, "[")
		scheme, _, _ = strings.Cut(scheme, "%")
		return scheme + "{" + mask + "}"
	}
	if u, ok := findUser(url); ok {
		url = url[:u.start] + mask + url[u.end:]
	}
	before, query := cutQuery(url)
	if at := keywords.FindStringIndex(before); at != nil {
		return before[:at[1]] + mask // how long the value is depends on its quotes
	}
	if query == "" {
		return url
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, value, _ := strings.Cut(part, "="); isSecret(decoded(name)) && value != "" {
			parts[i] = name + "=" + mask
		}
	}
	return before + "?" + strings.Join(parts, "&")
}

// show is a URL for errors: as Redact makes it, without any parameters.
func show(url string) string {
	before, _ := cutQuery(Redact(url))
	return before
}

// decoded is a parameter's name without percent codes, which might hide what
// it is.
func decoded(name string) string { return unescape(name) }

// userSpan is where a URL has a user, and perhaps a password, before an "@".
type userSpan struct {
	scheme     int // where what follows the scheme begins
	start, end int
}

// findUser finds the user in a URL, also in one that is malformed: with a "/" or
// a "?" in the password, or with too few slashes.
func findUser(url string) (u userSpan, ok bool) {
	u.scheme = strings.IndexByte(url, ':') + 1
	u.start = u.scheme
	for u.start < len(url) && url[u.start] == '/' {
		u.start++
	}
	before, query := cutQuery(url)
	if u.end = strings.LastIndexByte(before, '@'); u.end >= u.start {
		return u, true
	}
	name, _, _ := strings.Cut(query, "=")
	if strings.Contains(name, "@") || strings.Contains(query, "@") && !plainHosts(before[min(u.start, len(before)):]) {
		u.end = strings.LastIndexByte(url, '@')
		return u, true
	}
	return u, false
}

// plainHosts reports whether all there is behind colons are ports.
func plainHosts(hosts string) bool {
	hosts, _, _ = strings.Cut(hosts, "/")
	for host := range strings.SplitSeq(hosts, ",") {
		if strings.HasPrefix(host, "[") {
			_, host, _ = strings.Cut(host, "]")
		}
		if _, port, _ := strings.Cut(host, ":"); strings.Trim(port, "0123456789") != "" {
			return false
		}
	}
	return true
}

// A userInfo is what a well-formed URL has before its host.
type userInfo struct {
	user        string // as it stands, percent-encoded
	password    string // the same
	hasPassword bool
}

// splitUser takes the user off "//user:password@host…", and returns what is
// left, "host…".
func splitUser(rest string) (u userInfo, hosts string) {
	rest = strings.TrimPrefix(rest, "//")
	authority, path, slash := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return u, rest
	}
	u.user, u.password, u.hasPassword = strings.Cut(authority[:at], ":")
	hosts = authority[at+1:]
	if slash {
		hosts += "/" + path
	}
	return u, hosts
}

// withPassword puts a password into "//user@host…".
func withPassword(rest, secret string) string {
	u, hosts := splitUser(rest)
	return "//" + u.user + ":" + userinfo(secret) + "@" + hosts
}

// userinfo is a password as it stands before a host.
func userinfo(secret string) string {
	return strings.TrimPrefix(url.UserPassword("", secret).String(), ":")
}
