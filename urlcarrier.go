package coatcheck

import (
	"net/http"
	"net/url"
	"strings"
)

// A urlWay carries tokens in a parameter of the query.
type urlWay struct{ param string }

func (w urlWay) look(v *visit) (found candidates, asks bool, err error) {
	value, times := scanPairs(v.request.URL.RawQuery, w.param)
	found, asks = v.alone(value, times)
	return found, asks, nil
}

func (urlWay) put(http.Header, Token) {}
func (urlWay) clear(http.Header)      {}
func (urlWay) varies() string         { return "" }
func (urlWay) inPage() bool           { return true }

// A urlGuard keeps URLs that may have tokens from leaking, also where nobody
// asks for the session.
type urlGuard struct {
	param string
	next  http.Handler
}

// ServeHTTP implements http.Handler.
func (g *urlGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Referrer-Policy"] = []string{"no-referrer"}
	if _, times := scanPairs(r.URL.RawQuery, g.param); times > 0 {
		h["Cache-Control"] = []string{"no-store"}
	}
	g.next.ServeHTTP(w, r)
}

// with returns a target of the site with the token, or without any.
func (w urlWay) with(target string, token Token) string {
	target, fragment, anchored := strings.Cut(target, "#")
	path, query, _ := strings.Cut(target, "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if _, times := scanPairs(pair, w.param); times == 0 && pair != "" {
			kept = append(kept, pair)
		}
	}
	if token != "" {
		kept = append(kept, w.param+"="+string(token))
	}
	if len(kept) > 0 {
		path += "?" + strings.Join(kept, "&")
	}
	if anchored {
		path += "#" + fragment
	}
	return path
}

// isLocal reports whether a browser that follows target from a page of the
// site stays there, and loads a page. It is strict: browsers take a backslash
// for a slash, and skip control characters and blanks.
func isLocal(target string) bool {
	for _, c := range []byte(target) {
		if c <= ' ' || c == 0x7f || c == '\\' {
			return false
		}
	}
	if strings.HasPrefix(target, "//") || strings.HasPrefix(target, "#") {
		return false
	}
	i := strings.IndexAny(target, ":/?#")
	return i < 0 || target[i] != ':'
}

// RedactURL returns a URL, or the part of one that a request line holds, fit
// for a log: the manager's tokens in it are replaced by the word "redacted",
// those inside another parameter's value, too, with the whole value. It works
// on what is no valid URL as well. The Referer header of requests has such
// URLs, too. Under any other carrier than [InsecureURLCarrier] there is nothing
// to replace.
func (m *Manager) RedactURL(target string) string {
	if m.carried == nil || m.carried.url == "" {
		return target
	}
	return redactURL(target, m.carried.url, 0)
}

// maxNesting is how deep one URL may be encoded in another's parameter. What is
// deeper is taken for a token.
const maxNesting = 4

func redactURL(target, param string, depth int) string {
	var b strings.Builder
	for first := true; ; first = false {
		end := strings.IndexAny(target, "?&;#")
		if first && end >= 0 {
			end = strings.IndexByte(target, '?')
		}
		pair := target
		if end >= 0 {
			pair = target[:end]
		}
		if key, value, valued := strings.Cut(pair, "="); valued && !first {
			pair = key + "=" + redactValue(key, value, param, depth)
		} else {
			pair = redactValue("", pair, param, depth)
		}
		b.WriteString(pair)
		if end < 0 {
			return b.String()
		}
		b.WriteByte(target[end])
		target = target[end+1:]
	}
}

// redactValue is redactURL for the value of one parameter, or for what has no
// name.
func redactValue(key, value, param string, depth int) string {
	name, err := url.QueryUnescape(key)
	inner, innerErr := url.QueryUnescape(value)
	secret := name == param || err != nil && strings.Contains(key, param)
	switch {
	case secret:
	case innerErr != nil:
		secret = strings.Contains(value, param)
	case inner != value && depth == maxNesting:
		secret = true
	case inner != value:
		inner = "?" + inner
		secret = redactURL(inner, param, depth+1) != inner
	}
	if secret {
		return "redacted"
	}
	return value
}
