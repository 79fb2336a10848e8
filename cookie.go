package coatcheck

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// cookieCarrier carries tokens in a cookie. Immutable after newCookie.
type cookieCarrier struct {
	name   string
	attrs  string // what follows the value: "; Path=/; …"
	host   bool   // the name has the __Host- prefix: a browser sends at most one
	prefix string // name and '=', to recognise our own Set-Cookie lines
	chunks int    // how many cookies a sealed session may take
	beside bool   // among sealed sessions there are stored ones
}

// Limits of RFC 6265bis, section 5.6: browsers ignore what is longer.
const (
	maxCookie    = 4096 // name and value
	maxAttribute = 1024 // one attribute's value
)

// newCookie builds the carrier from filled Options, or says which field
// contradicts which.
func newCookie(o *Options) (cookieCarrier, error) {
	c := o.Cookie
	set(&c.Path, "/")
	if c.SameSite == 0 {
		c.SameSite = http.SameSiteLaxMode
		if c.Partitioned {
			c.SameSite = http.SameSiteNoneMode
		}
	}
	if c.Name == "" {
		c.Name = cookiePrefix(&c, o.InsecureCookie) + o.Name
	}
	for _, check := range []func(*CookieOptions, bool) error{checkCookieName, checkCookiePath, checkCookieDomain, checkCookieFlags, checkCookieChunks} {
		if err := check(&c, !o.InsecureCookie); err != nil {
			return cookieCarrier{}, err
		}
	}
	return cookieCarrier{
		name:   c.Name,
		attrs:  cookieAttributes(&c, !o.InsecureCookie),
		host:   strings.HasPrefix(c.Name, "__Host-"),
		prefix: c.Name + "=",
		chunks: max(c.Chunks, 1),
	}, nil
}

// cookiePrefix returns the strictest name prefix that the attributes allow.
func cookiePrefix(c *CookieOptions, insecure bool) string {
	switch {
	case insecure:
		return ""
	case c.Domain != "" || c.Path != "/":
		return "__Secure-"
	}
	return "__Host-"
}

func checkCookieName(c *CookieOptions, secure bool) error {
	if !isToken(c.Name) {
		return optionError("Cookie.Name", "%q may hold only letters, digits and !#$%%&'*+-.^_`|~", c.Name)
	}
	if n := len(c.Name) + tokenLen; n > maxCookie {
		return optionError("Cookie.Name", "makes a cookie of %d bytes; browsers keep at most %d", n, maxCookie)
	}
	if n := len(c.Name) - markWidth; n > 0 && c.Name[n] == chunkMark && '0' < c.Name[n+1] && c.Name[n+1] < '0'+maxChunks {
		return optionError("Cookie.Name", "%q ends as the further cookies of a sealed session do that takes several, which could be another manager's: choose a name without the end", c.Name)
	}
	// Browsers compare the prefixes without regard to case.
	lower := strings.ToLower(c.Name)
	for _, prefix := range []string{"__Host-", "__Secure-", "__Http-"} {
		if !strings.HasPrefix(lower, strings.ToLower(prefix)) {
			continue
		}
		if !strings.HasPrefix(c.Name, prefix) {
			return optionError("Cookie.Name", "%q must spell its prefix %s", c.Name, prefix)
		}
		if !secure {
			return optionError("Cookie.Name", "%q has a prefix that needs a Secure cookie, which InsecureCookie forbids: choose a name without it", c.Name)
		}
		if prefix == "__Host-" && (c.Domain != "" || c.Path != "/") {
			return optionError("Cookie.Name", "%q has a prefix that forbids Domain and needs Path \"/\": leave them unset, or choose a name without it", c.Name)
		}
	}
	return nil
}

func checkCookiePath(c *CookieOptions, _ bool) error {
	if !strings.HasPrefix(c.Path, "/") {
		return optionError("Cookie.Path", "%q must begin with \"/\"", c.Path)
	}
	if len(c.Path) > maxAttribute {
		return optionError("Cookie.Path", "has %d bytes; browsers ignore more than %d", len(c.Path), maxAttribute)
	}
	for _, b := range []byte(c.Path) {
		if b < 0x20 || b >= 0x7f || b == ';' || b == ',' {
			return optionError("Cookie.Path", "%q may hold only printable ASCII without ';' and ','", c.Path)
		}
	}
	return nil
}

func checkCookieDomain(c *CookieOptions, _ bool) error {
	if c.Domain == "" {
		return nil
	}
	if len(c.Domain) > 253 {
		return optionError("Cookie.Domain", "has %d bytes; a host name has at most 253", len(c.Domain))
	}
	if _, err := netip.ParseAddr(c.Domain); err == nil {
		return optionError("Cookie.Domain", "%q is an IP address; leave it unset for a cookie of that host", c.Domain)
	}
	for label := range strings.SplitSeq(c.Domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, hostLetters) != "" {
			return optionError("Cookie.Domain", "%q is not a host name: labels of letters, digits and '-' joined by single dots, without a dot in front", c.Domain)
		}
	}
	return nil
}

const hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func checkCookieFlags(c *CookieOptions, secure bool) error {
	switch c.SameSite {
	case http.SameSiteLaxMode, http.SameSiteStrictMode:
		if c.Partitioned {
			return optionError("Cookie.Partitioned", "needs SameSite None, else browsers never send the cookie where it is partitioned")
		}
	case http.SameSiteNoneMode:
		if !secure {
			return optionError("Cookie.SameSite", "None needs a Secure cookie, which InsecureCookie forbids: browsers would refuse it")
		}
	default:
		return optionError("Cookie.SameSite", "must be Lax, Strict or None, or 0 for the default")
	}
	if c.Partitioned && !secure {
		return optionError("Cookie.Partitioned", "needs a Secure cookie, which InsecureCookie forbids: browsers would refuse it")
	}
	return nil
}

func checkCookieChunks(c *CookieOptions, _ bool) error {
	if c.Chunks < 0 || c.Chunks > maxChunks {
		return optionError("Cookie.Chunks", "is %d; it must be between 1 and %d, or 0 for 1", c.Chunks, maxChunks)
	}
	return nil
}

func cookieAttributes(c *CookieOptions, secure bool) string {
	b := "; Path=" + c.Path
	if c.Domain != "" {
		b += "; Domain=" + c.Domain
	}
	b += "; HttpOnly"
	if secure {
		b += "; Secure"
	}
	switch c.SameSite {
	case http.SameSiteStrictMode:
		b += "; SameSite=Strict"
	case http.SameSiteNoneMode:
		b += "; SameSite=None"
	default:
		b += "; SameSite=Lax"
	}
	if c.Partitioned {
		b += "; Partitioned"
	}
	return b
}

// put makes token the cookie that the response sets; it replaces one that was
// put before. A session cookie ends with the browser's session, a persistent
// one after lasts, which RFC 6265bis, section 5.5, limits to 400 days.
func (c *cookieCarrier) put(h http.Header, token Token, persistent bool, lasts time.Duration) {
	line := c.prefix + string(token) + c.attrs
	if persistent {
		line += maxAge(lasts)
	}
	c.line(h, line)
}

func maxAge(lasts time.Duration) string {
	return "; Max-Age=" + strconv.FormatInt(int64(min(max(lasts, time.Second), 400*24*time.Hour)/time.Second), 10)
}

// clear makes the response remove the cookie, by the same attributes with
// which it was set.
func (c *cookieCarrier) clear(h http.Header) {
	c.line(h, c.prefix+c.attrs+expired)
}

// expired are attributes that make a browser drop a cookie.
const expired = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

// among reports whether one of the Set-Cookie lines is ours.
func (c *cookieCarrier) among(lines []string) bool {
	for _, l := range lines {
		if strings.HasPrefix(l, c.prefix) {
			return true
		}
	}
	return false
}

// line sets our Set-Cookie line and leaves those of others alone.
func (c *cookieCarrier) line(h http.Header, line string) {
	lines := h["Set-Cookie"]
	kept := make([]string, 0, len(lines)+1)
	for _, l := range lines {
		if !strings.HasPrefix(l, c.prefix) {
			kept = append(kept, l)
		}
	}
	h["Set-Cookie"] = append(kept, line)
}
