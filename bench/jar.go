package main

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A jar holds the cookies of one visitor as a browser would: the newest value
// of each name, whatever its attributes, for everything here is one host over
// plain HTTP. The zero value is empty. It is not safe for concurrent use.
type jar struct {
	cookies []*http.Cookie
	header  string // the value of the Cookie header
}

// put takes the value of a Set-Cookie header.
func (j *jar) put(setCookie string) {
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
