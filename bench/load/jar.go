package load

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Jar holds the cookies of one visitor as a browser would: the newest value
// of each name, whatever its attributes, for everything here is one host over
// plain HTTP. The zero value is empty. It is not safe for concurrent use.
type Jar struct {
	cookies []*http.Cookie
	header  string
}

// Header returns the value of the Cookie header, "" without cookies.
func (j *Jar) Header() string { return j.header }

// Clone returns a jar with the same cookies.
func (j *Jar) Clone() Jar { return Jar{slices.Clone(j.cookies), j.header} }

// Put takes the value of a Set-Cookie header.
func (j *Jar) Put(setCookie string) {
	cookie, err := http.ParseSetCookie(setCookie)
	if err != nil {
		return // as a browser would
	}
	j.cookies = slices.DeleteFunc(j.cookies, func(c *http.Cookie) bool { return c.Name == cookie.Name })
	expired := cookie.MaxAge < 0 || cookie.MaxAge == 0 && !cookie.Expires.IsZero() && cookie.Expires.Before(time.Now())
	if !expired {
		j.cookies = append(j.cookies, cookie)
	}
	pairs := make([]string, len(j.cookies))
	for i, c := range j.cookies {
		pairs[i] = c.Name + "=" + c.Value
	}
	j.header = strings.Join(pairs, "; ")
}
