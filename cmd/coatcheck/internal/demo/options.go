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

	// InsecureCookie makes the site work over plain HTTP. For addresses that
	// only this machine reaches.
	InsecureCookie bool

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
		IdleTimeout:              o.Idle,
		AbsoluteTimeout:          o.Absolute,
		AnonymousIdleTimeout:     o.Idle,
		AnonymousAbsoluteTimeout: o.Absolute,
		PollInterval:             liveRest,
		InsecureCookie:           o.InsecureCookie && carries == nil,
		Carrier:                  carries,
		Form:                     carrier(o.Carrier).limit(),
		DeviceLabel:              func(r *http.Request) string { return device(r.UserAgent()) },
		Logger:                   o.Logger,
		OnEvent:                  note,
		ErrorHandler:             site.fault,
	}
}
