package demo

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Options configure a [Site]. The zero value stands for the library's
// defaults.
type Options struct {
	// Idle and Absolute are the timeouts of every session, anonymous ones
	// included. Zero stands for the library's defaults.
	Idle, Absolute time.Duration

	// AnonymousSealer seals the sessions of visitors who are not logged in.
	// Default: they are stored.
	AnonymousSealer coatcheck.Sealer

	// Remember is how long a session lasts that is to outlive the browser,
	// used or not. Zero: as Absolute.
	Remember time.Duration

	// MaxSessions is how many sessions an account may have, and NewPerMinute
	// how many anonymous ones a client may begin. Zero: any number.
	MaxSessions, NewPerMinute int

	// Rotate is how often a session that is in use gets a new token; zero
	// stands for never.
	Rotate time.Duration

	// InsecureCookie makes the site work over plain HTTP. For addresses that
	// only this machine reaches.
	InsecureCookie bool

	// Unsigned says that the site's certificate is signed by nobody whom tools
	// trust, so that the commands which the first page shows must say that
	// they take it.
	Unsigned bool

	// Carrier is what tickets travel in: "cookie", "header", "form" or "url".
	// Default "cookie". All but the cookie leave InsecureCookie without
	// effect.
	Carrier string

	// Logger receives warnings and errors. Default [slog.Default].
	Logger *slog.Logger
}

// manager returns the options of the site's session manager.
func (o *Options) manager(site *Site, carries coatcheck.Carrier) *coatcheck.Options {
	return &coatcheck.Options{
		PollInterval:              liveRest,
		AnonymousSealer:           o.AnonymousSealer,
		IdleTimeout:               o.Idle,
		AbsoluteTimeout:           o.Absolute,
		AnonymousIdleTimeout:      o.Idle,
		AnonymousAbsoluteTimeout:  o.Absolute,
		PersistentIdleTimeout:     o.Remember,
		PersistentAbsoluteTimeout: o.Remember,
		MaxSessionsPerOwner:       o.MaxSessions,
		Flood:                     coatcheck.FloodOptions{PerClient: o.NewPerMinute},
		RotateEvery:               o.Rotate,
		InsecureCookie:            o.InsecureCookie && carries == nil,
		Carrier:                   carries,
		Form:                      carrier(o.Carrier).limit(),
		DeviceLabel:               func(r *http.Request) string { return device(r.UserAgent()) },
		AddressLabel:              coatcheck.TruncatedAddress(nil),
		Logger:                    o.Logger,
		OnEvent:                   note,
		ErrorHandler:              site.fault,
	}
}
