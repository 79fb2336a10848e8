package coatcheck

import (
	"errors"
	"net/http"
	"strings"
)

// before is called ahead of everything that sends a byte of the response. The
// first time it saves the session and completes the headers. It returns why
// nothing may be sent, because ErrorHandler has answered.
func (v *visit) before(status int) error {
	if v.sent.Load() {
		return v.failed
	}
	s, err := v.opened()
	if err != nil && status < http.StatusBadRequest {
		return v.fail(err)
	}
	if s != nil {
		if err := s.autosave(); err != nil {
			return v.fail(err)
		}
		v.headers()
	}
	v.sent.Store(true)
	return nil
}

// beforeHijack is before for a connection that is taken over. The headers may
// never leave, so no session is born.
func (v *visit) beforeHijack() error {
	s, _ := v.opened()
	if !v.sent.Load() && s != nil && s.IsNew() {
		v.sent.Store(true)
		return nil
	}
	return v.before(http.StatusSwitchingProtocols)
}

// autosave is the save before the first byte. It ends in a touch where nothing
// was to be saved; that a touch fails is no reason to fail the request.
func (s *Session) autosave() error {
	s.mu.Lock()
	quiet := s.pending.empty() && s.stuck == nil && !s.busy && !s.due
	s.mu.Unlock()
	if quiet {
		return nil
	}
	ctx := (*lasting)(s.v)
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	if err := s.save(ctx); err != nil {
		return err
	}
	_ = s.touch(ctx)
	return nil
}

// headers adds what caches must know. What the handler has said stands.
func (v *visit) headers() {
	h := v.w.Header()
	if !varies(h["Vary"]) {
		if len(h["Vary"]) == 0 {
			v.vary[0] = "Cookie"
			h["Vary"] = v.vary[:]
		} else {
			h["Vary"] = append(h["Vary"], "Cookie")
		}
	}
	if len(h["Cache-Control"]) == 0 {
		v.cache[0] = "private"
		if v.cookieSet {
			v.cache[0] = "no-store"
		}
		h["Cache-Control"] = v.cache[:]
	}
}

// varies reports whether the Vary lines name Cookie or everything.
func varies(lines []string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = trimSpace(name); name == "*" || strings.EqualFold(name, "Cookie") {
				return true
			}
		}
	}
	return false
}

// fail lets ErrorHandler answer. Headers that described the handler's body go.
func (v *visit) fail(err error) error {
	v.failed = err
	v.sent.Store(true)
	h := v.w.Header()
	for _, name := range [...]string{"Accept-Ranges", "Content-Disposition", "Content-Encoding", "Content-Length", "Content-Range",
		"Content-Type", "Etag", "Last-Modified", "Link", "Location", "Trailer"} {
		delete(h, name)
	}
	h["Cache-Control"] = []string{"no-store"}
	v.m.opts.ErrorHandler(v.w, &v.request, err)
	return err
}

// finish completes the response of a handler that returned.
func (v *visit) finish() {
	if !v.sent.Load() {
		_ = v.before(http.StatusOK)
		return
	}
	s, _ := v.opened()
	if s == nil || v.failed != nil {
		return
	}
	// Changes made behind the headers.
	if err := s.autosave(); err != nil && !errors.Is(err, ErrGone) {
		v.m.emit((*lasting)(v), Event{Kind: EventLateChange, ID: s.ID(), Owner: s.Owner(), Err: err})
	}
}

// Error answers a request with an error of this package, as the manager of the
// request's context would: by its Options.ErrorHandler. Without a manager it
// is [DefaultErrorHandler].
func Error(w http.ResponseWriter, r *http.Request, err error) {
	if v := visitOf(r.Context(), nil); v != nil {
		v.m.opts.ErrorHandler(w, r, err)
		return
	}
	DefaultErrorHandler(w, r, err)
}

// DefaultErrorHandler answers in one plain line that tells nothing about the
// cause: 409 when the session has ended meanwhile, 503 when the store failed,
// is full, or met too many concurrent changes, and 500 for an error of the
// program, such as a value that does not encode.
func DefaultErrorHandler(w http.ResponseWriter, _ *http.Request, err error) {
	status, text := http.StatusServiceUnavailable, "The session store is not available. Please try again."
	switch {
	case errors.Is(err, ErrGone):
		status, text = http.StatusConflict, "Your session has ended or was renewed meanwhile. Please reload the page."
	case isProgramError(err):
		status, text = http.StatusInternalServerError, "The session could not be saved."
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// programErrors are those that no retry mends.
var programErrors = [...]error{ErrTooLarge, ErrDecode, ErrHeadersSent, ErrNoHandler, ErrNested, ErrInvalid, ErrClosed, ErrUnsupported}

func isProgramError(err error) bool {
	for _, e := range programErrors {
		if errors.Is(err, e) {
			return true
		}
	}
	var encode *encodeError
	return errors.As(err, &encode)
}
