package demo

import (
	"fmt"
	"net/http"
)

// stream sends lines one by one, each at once. It changes the session before
// the first, when a new one can still get its cookie, and after the last, when
// the headers have long left.
func (site *Site) stream(w http.ResponseWriter, r *http.Request) {
	v, err := site.receive(r)
	var n, ms int
	if err == nil {
		n, ms, err = v.pace()
	}
	if err != nil {
		decline(w, r, err)
		return
	}
	streamed.Set(v.s, "begun")
	text(w)
	control := http.NewResponseController(w)
	for i := range n {
		if i > 0 && site.wait(r, ms) != nil {
			return
		}
		fmt.Fprintf(w, "%d of %d\n", i+1, n)
		if control.Flush() != nil {
			return
		}
	}
	streamed.Set(v.s, "ended")
}

// pace returns how many lines a stream has, and the milliseconds between them.
// All in all it lasts no longer than a slow request may.
func (v *visitor) pace() (n, ms int, err error) {
	if n, err = v.query.numberOr("n", 1000, 5); err != nil {
		return 0, 0, err
	}
	if ms, err = v.query.numberOr("ms", maxWait, 200); err != nil {
		return 0, 0, err
	}
	if n*ms > maxWait {
		return 0, 0, bad("Parameters n and ms make a stream of %d ms; at most %d are allowed.", n*ms, maxWait)
	}
	return n, ms, nil
}
