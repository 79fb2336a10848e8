package demo

import (
	"net/http"
	"time"
)

// maxWait is how long a tool may make a request last, in milliseconds.
const maxWait = 60_000

// slow reads the session, waits, and only then changes it: the request that
// brings logged-out sessions back to life where a library lets it.
func (site *Site) slow(r *http.Request, v *visitor) (string, error) {
	ms, err := v.query.number("ms", maxWait)
	if err != nil {
		return "", err
	}
	if err := site.wait(r, ms); err != nil {
		return "", err
	}
	slept.Set(v.s, ms)
	return line("slept %d ms", ms), nil
}

// wait waits for so many milliseconds, until the client is gone, or until the
// site stops.
func (site *Site) wait(r *http.Request, ms int) error {
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	case <-site.stopping:
		return &complaint{http.StatusServiceUnavailable, "The server is ending."}
	}
}
