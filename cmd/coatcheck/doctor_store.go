package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// storeOf returns the URL of the store of a configuration file; "" if it is said
// in another way.
func storeOf(text []byte) (url string) {
	var c struct{ Store json.RawMessage }
	if json.Unmarshal(text, &c) == nil {
		_ = json.Unmarshal(c.Store, &url) // an object leaves it empty
	}
	return url
}

// filesOf returns the path of what is stored in files, and of what says where.
func filesOf(url string) (path string, ok bool) {
	if path, ok = localPath(url); ok {
		return path, true
	}
	scheme, rest, _ := strings.Cut(url, ":")
	if rest, _, _ = strings.Cut(rest, "?"); scheme == "sealed" || scheme == "ring" {
		return rest, rest != ""
	}
	return "", false
}

// isSQL reports whether a scheme is that of a database.
func isSQL(scheme string) bool {
	return slices.ContainsFunc(sqlSchemes(), func(s storeurl.Scheme) bool { return s.Name == scheme })
}

// An examination is that of one open store.
type examination struct {
	*diagnosis
	scheme     string
	raw, store coatcheck.Store
}

// examine looks at the store. What does not answer is asked no more.
func (x *examination) examine(ctx context.Context) {
	if !x.roundTrips(ctx) {
		return
	}
	x.table(ctx)
	x.clock(ctx)
	x.servers(ctx)
	x.members()
	if can := coatcheck.CapabilitiesOf(x.store); !can.List {
		x.add(note, "store", "it cannot list its sessions, so there is less that commands can do")
	}
}

// How round trips are measured, and from when on they are slow: a request takes
// one or two of them.
const (
	trips    = 20
	slowTrip = 100 * time.Millisecond
)

// roundTrips measures how long the store takes to say that it has no such
// session.
func (x *examination) roundTrips(ctx context.Context) bool {
	var took []time.Duration
	for range trips {
		var id coatcheck.ID
		rand.Read(id[:])
		begun := time.Now()
		if _, err := x.store.Load(ctx, id); err != nil && !errors.Is(err, coatcheck.ErrNotFound) {
			x.add(problem, x.about(), "it does not answer: %s", oneLine(err))
			return false
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	middle, longest := took[trips/2], took[trips-1]
	severity := fine
	if middle > slowTrip {
		severity = warning
	}
	x.add(severity, "round trip", "%v, at most %v of %d", middle.Round(time.Microsecond), longest.Round(time.Microsecond), trips)
	return true
}

// about names what does not answer: a database without its table does.
func (x *examination) about() string {
	if isSQL(x.scheme) {
		return "table"
	}
	return "store"
}

// table finds out whether a table has all columns and indexes.
func (x *examination) table(ctx context.Context) {
	db, ok := x.raw.(database)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, x.place.timeout)
	defer cancel()
	lacks, err := db.Pending(ctx)
	switch {
	case err != nil:
		x.add(problem, "table", "it cannot be looked at: %s", oneLine(err))
	case len(lacks) > 0:
		x.add(problem, "table", "a migration is due, as it lacks %s: coatcheck create brings it up to date, and sessions stay", strings.Join(lacks, " and "))
	default:
		x.add(fine, "table", "it is up to date")
	}
}

// maxSkew is by how much clocks may differ.
const maxSkew = time.Minute

// clock compares the clock of a database with ours.
func (x *examination) clock(ctx context.Context) {
	db, ok := x.raw.(database)
	query := map[string]string{
		"postgres": "SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8",
		"mysql":    "SELECT UNIX_TIMESTAMP(NOW(3))",
	}[x.scheme]
	if !ok || query == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, x.place.timeout)
	defer cancel()
	var seconds float64
	if err := db.db.QueryRowContext(ctx, query).Scan(&seconds); err != nil {
		x.add(note, "clock", "the server does not tell the time: %s", oneLine(err))
		return
	}
	ahead := time.Until(time.UnixMilli(int64(seconds * 1000)))
	if ahead.Abs() > maxSkew {
		x.add(warning, "clock", "the server's is %v ahead of this machine's: set both by NTP", ahead.Round(time.Second))
		return
	}
	x.add(fine, "clock", "the server's is within %v of this machine's", maxSkew)
}

// servers asks Redis servers for settings that may cost sessions.
func (x *examination) servers(ctx context.Context) {
	redis, ok := x.raw.(interface {
		Doctor(context.Context) ([]redisstore.Finding, error)
	})
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, x.place.timeout)
	defer cancel()
	found, err := redis.Doctor(ctx)
	if err != nil {
		x.add(note, "server", "it does not tell its settings: %s", oneLine(err))
		return
	}
	for _, f := range found {
		x.add(warning, "server", "%s", f)
	}
	if len(found) == 0 {
		x.add(fine, "server", "its settings cost no sessions")
	}
}

// members looks at those of a ring.
func (x *examination) members() {
	r, ok := x.raw.(*storeurl.Ring)
	if !ok {
		return
	}
	for _, m := range r.Stats().Members {
		switch {
		case m.Down && slices.Contains(x.ring.failing, m.Name): // it is told already
		case m.Down:
			x.add(problem, "member", "%s does not answer: %s", m.Name, oneLine(m.Last))
		case m.Fenced:
			x.add(problem, "member", "%s was given up, and others have its share", m.Name)
		case m.Homing:
			x.add(warning, "member", "%s came back: coatcheck ring rebalance brings its sessions home", m.Name)
		}
	}
}
