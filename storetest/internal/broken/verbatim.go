package broken

import (
	"context"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck"
)

// changing keeps something else than it is given.
type changing struct {
	*Reference
	change func(*coatcheck.Record)
}

func (s changing) changed(rec *coatcheck.Record) *coatcheck.Record {
	c := *rec
	s.change(&c)
	return &c
}

func (s changing) Create(ctx context.Context, rec *coatcheck.Record) error {
	return s.Reference.Create(ctx, s.changed(rec))
}

func (s changing) Replace(ctx context.Context, rec *coatcheck.Record, old uint64) error {
	return s.Reference.Replace(ctx, s.changed(rec), old)
}

func changed(name string, change func(*coatcheck.Record)) Store {
	return Store{name, func(r *Reference) coatcheck.Store { return changing{r, change} }}
}

// times changes all times of a record.
func times(f func(time.Time) time.Time) func(*coatcheck.Record) {
	return func(r *coatcheck.Record) {
		r.Created, r.AuthTime, r.Deadline, r.Expires = f(r.Created), f(r.AuthTime), f(r.Deadline), f(r.Expires)
	}
}

var verbatims = []Store{
	changed("loses-meta", func(r *coatcheck.Record) { r.Meta = nil }),
	changed("cuts-data-at-64-KiB", func(r *coatcheck.Record) { r.Data = r.Data[:min(len(r.Data), 1<<16)] }),
	changed("cuts-meta-at-255", func(r *coatcheck.Record) { r.Meta = r.Meta[:min(len(r.Meta), 255)] }),
	changed("cuts-owner-at-255", func(r *coatcheck.Record) { r.Owner = r.Owner[:min(len(r.Owner), 255)] }),
	changed("cuts-owner-at-NUL", func(r *coatcheck.Record) { r.Owner, _, _ = strings.Cut(r.Owner, "\x00") }),
	changed("folds-case-of-owner", func(r *coatcheck.Record) { r.Owner = strings.ToLower(r.Owner) }),
	changed("trims-owner", func(r *coatcheck.Record) { r.Owner = strings.TrimRight(r.Owner, " ") }),
	changed("mends-UTF-8", func(r *coatcheck.Record) {
		r.Owner = strings.ToValidUTF8(r.Owner, "\ufffd")
	}),
	changed("mends-data", func(r *coatcheck.Record) { r.Data = []byte(strings.ToValidUTF8(string(r.Data), "\ufffd")) }),
	changed("times-in-seconds", times(func(t time.Time) time.Time { return t.Truncate(time.Second) })),
	changed("times-local", times(func(t time.Time) time.Time { return t.In(time.FixedZone("", 3600)) })),
	changed("times-in-nanoseconds-of-an-int64", times(func(t time.Time) time.Time {
		return time.Unix(0, t.UnixNano()).UTC()
	})),
	changed("zero-time-is-1970", times(func(t time.Time) time.Time {
		if t.IsZero() {
			return time.Unix(0, 0).UTC()
		}
		return t
	})),
	changed("1970-is-zero-time", times(func(t time.Time) time.Time {
		if t.UnixMilli() == 0 {
			return time.Time{}
		}
		return t
	})),
}
