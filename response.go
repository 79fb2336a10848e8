package coatcheck

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// before is called ahead of everything that sends a byte of the response. The
// first time it saves the session and completes the headers. It returns why
// nothing may be sent, because ErrorHandler has answered.
func (v *visit) before(status int) error {
	if v.moments.had(sent) {
		return v.failure()
	}
	if v.moments.sendUnasked() {
		return nil
	}
	s, err := v.opened()
	if err != nil && status < http.StatusBadRequest {
		return v.fail(err)
	}
	if s == nil {
		v.moments.add(sent)
		return nil
	}
	if err := s.autosave(true); err != nil {
		return v.fail(err)
	}
	return nil
}

// hand notes that the handler gets hold of the headers.
func (v *visit) hand(h http.Header) {
	moment := uint32(handed)
	if len(h["Content-Encoding"]) > 0 {
		moment |= encoded
	}
	v.moments.add(moment)
}

// failure returns why ErrorHandler has answered, nil if it has not.
func (v *visit) failure() error {
	if v.moments.had(failed) {
		return v.err
	}
	return nil
}

// beforeHijack is before for a connection that is taken over. The headers may
// never leave, so no session is born.
func (v *visit) beforeHijack() error {
	if v.moments.had(sent) {
		return v.failure()
	}
	s, err := v.opened()
	if err == nil && s != nil {
		err = s.autosave(false)
	}
	if err != nil {
		return v.fail(err)
	}
	v.moments.add(sent)
	return nil
}

// autosave is the save before the first byte, and behind the last. It ends in
// what is due besides, such as a touch where nothing was to be saved. Without
// headers no session is born.
//
// It freezes the headers while no other operation runs on the session: a login
// in another goroutine gets its cookie among them, or is refused before it
// begins.
func (s *Session) autosave(headers bool) error {
	ctx := (*lasting)(s.v)
	s.mu.Lock()
	nothing := s.desk.idle() && s.due == 0 || s.needsCookie() && !headers
	if nothing && !s.busy {
		s.freeze(headers)
		s.mu.Unlock()
		return nil
	}
	err := s.occupy(ctx)
	if err != nil {
		s.mu.Unlock()
		return &storeError{err} // a slow store keeps another operation running
	}
	save, w := headers || !s.needsCookie(), work{last: headers && s.due&(dueTurn|dueCookie) == 0}
	changed := save && !s.desk.idle()
	if changed {
		err = w.take(s)
	}
	s.mu.Unlock()
	panics := true
	defer func() {
		if w.ended {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case !panics:
			s.freeze(headers && err == nil)
		case changed && (w.out || !s.desk.idle()):
			s.stickLocked(errPanicked) // whoever recovers may answer, but not as if all was well
		}
		s.vacate()
	}()
	if changed && err == nil {
		err = s.store(ctx, &w)
	}
	if err == nil && save && !w.ended {
		s.attend(ctx, headers)
	}
	panics = false
	return err
}

// errPanicked is why a response fails whose handler went on after a save that
// panicked: the same changes would do so again, where no one recovers.
var errPanicked = errors.New("coatcheck: the save of this session panicked before")

// needsCookie reports whether any save will set a cookie. The caller holds mu.
func (s *Session) needsCookie() bool { return s.phase == phaseNew || s.phase == phaseSealed }

// freeze ends the time in which headers can be added, and completes them. The
// caller holds mu, as everybody does who adds headers.
func (s *Session) freeze(complete bool) {
	if s.v.moments.had(sent) {
		return
	}
	s.restore()
	if complete {
		s.headers()
	}
	s.due &^= dueCookie
	s.v.moments.add(sent)
}

// headers adds what caches must know. What the handler has said stands, but for
// leave to give the session's token to others: a page's headers are often set by
// who does not know that a session is born in it.
func (s *Session) headers() {
	h := s.v.w.Header()
	if s.due&dueCookie != 0 {
		s.repeat(h)
	}
	if s.cookieSet && shareable(h) && s.tells(h) {
		keepOut(h)
	}
	if s.m.carried != nil {
		s.carriedHeaders()
		return
	}
	switch lines := h["Vary"]; {
	case len(lines) == 0:
		s.vary[0] = "Cookie"
		h["Vary"] = s.vary[:]
	case !varies(lines):
		h["Vary"] = append(lines, "Cookie")
	}
	if len(h["Cache-Control"]) == 0 {
		s.cache[0] = "private"
		if s.cookieSet {
			s.cache[0] = "no-store"
		}
		h["Cache-Control"] = s.cache[:]
	}
}

// varies reports whether the Vary lines name Cookie or everything.
func varies(lines []string) bool { return lists(lines, "Cookie") }

// lists reports whether the lines of a header that is a list have an item, or
// stand for everything.
func lists(lines []string, item string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = trimSpace(name); name == "*" || strings.EqualFold(name, item) {
				return true
			}
		}
	}
	return false
}

// fail lets ErrorHandler answer. Headers that described the handler's body go,
// those by which a proxy in front would send another body, too. An encoding from
// outside stays: whoever said so is compressing what ErrorHandler writes.
func (v *visit) fail(err error) error {
	v.mu.Lock()
	v.err = err
	v.mu.Unlock()
	v.moments.add(failed)
	v.shut()
	h := v.w.Header()
	for _, name := range [...]string{"Accept-Ranges", "Content-Digest", "Content-Disposition", "Content-Language",
		"Content-Length", "Content-Location", "Content-Range", "Content-Type", "Etag", "Last-Modified", "Link", "Location", "Refresh",
		"Repr-Digest", "Trailer", "X-Accel-Redirect", "X-Litespeed-Location", "X-Reproxy-Url", "X-Sendfile"} {
		delete(h, name)
	}
	if v.moments.had(handed) && !v.moments.had(encoded) {
		delete(h, "Content-Encoding")
	}
	h["Cache-Control"] = []string{"no-store"}
	dropTargeted(h)
	if c := v.m.carried; c != nil && c.url != "" {
		h["Referrer-Policy"] = []string{"no-referrer"}
	}
	v.answer(v.w, &v.request, err)
	v.moments.add(answered)
	return err
}

// answer calls ErrorHandler.
func (v *visit) answer(w http.ResponseWriter, r *http.Request, err error) {
	v.moments.add(answering)
	v.m.opts.ErrorHandler(w, r, err)
	v.moments.take(answering)
}

// finish completes the response of a handler that returned.
func (v *visit) finish() {
	if !v.moments.had(sent) {
		_ = v.before(http.StatusOK)
		return
	}
	s, _ := v.opened()
	if s == nil || v.moments.had(failed) {
		return
	}
	// Changes made behind the headers. A wish for another cookie cannot be
	// fulfilled any more, and must not cost the values.
	v.moments.add(returned)
	err := s.autosave(true)
	if errors.Is(err, ErrHeadersSent) && s.forgetPersistent() {
		v.late(s, err)
		err = s.autosave(true)
	}
	v.late(s, err)
}

// late reports that changes behind the headers could not be saved.
func (v *visit) late(s *Session, err error) {
	if err != nil && !errors.Is(err, ErrGone) {
		v.m.emit((*lasting)(v), Event{Kind: EventLateChange, ID: s.ID(), Owner: s.Owner(), Err: err})
	}
}

// shut ends the time in which headers can be added, whatever else runs.
func (v *visit) shut() {
	v.moments.add(sent)
	if s, _ := v.opened(); s != nil {
		s.mu.Lock() // waits for a cookie that is being added
		defer s.mu.Unlock()
	}
}

// Error answers a request with an error of this package, as the manager of the
// request's context would: by its Options.ErrorHandler. Without a manager, and
// for that ErrorHandler itself, it is [DefaultErrorHandler].
func Error(w http.ResponseWriter, r *http.Request, err error) {
	if v := visitOf(r.Context(), nil); v != nil && !v.moments.had(answering) {
		v.answer(w, r, err)
		return
	}
	DefaultErrorHandler(w, r, err)
}

// DefaultErrorHandler answers in one plain line that tells nothing about the
// cause: 409 when the session has ended meanwhile, 503 when the store failed,
// is full, or met too many concurrent changes, 413 or 400 for a form that was
// too large or broke off where it may have carried the session (see
// [InsecureFormCarrier]), and 500 for anything else, such as a value that does
// not encode. A [FloodError] is 429 if its client has begun too many sessions,
// 503 if all together have, and Retry-After says when it may be tried again.
//
// A 500 is a mistake of the program, so its cause is logged as an error, by the
// Options.Logger of the request's manager, or without one by [slog.Default].
func DefaultErrorHandler(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "The session could not be used."
	var flood *FloodError
	switch bad, what := bodyStatus(err); {
	case bad != 0:
		status, text = bad, what
	case errors.As(err, &flood):
		status, text = flood.answer(w.Header())
	case errors.Is(err, ErrGone):
		status, text = http.StatusConflict, "Your session has ended or was renewed meanwhile. Please reload the page."
	case isStoreError(err):
		status, text = http.StatusServiceUnavailable, "The session store is not available. Please try again."
	}
	if status == http.StatusInternalServerError {
		logMistake(r.Context(), err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// logMistake logs the cause of a 500. A value that does not decode is not
// among them: an event has told it, with its key.
func logMistake(ctx context.Context, err error) {
	if errors.Is(err, ErrDecode) {
		return
	}
	logger := slog.Default()
	if v := visitOf(ctx, nil); v != nil {
		logger = v.m.opts.Logger
	}
	logger.ErrorContext(ctx, "coatcheck: a request failed", slog.Any("error", err))
}

// isStoreError reports whether a later attempt may succeed without a change of
// the program.
func isStoreError(err error) bool {
	if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrUnsupported) {
		return false
	}
	var e *storeError
	return errors.As(err, &e) || errors.Is(err, ErrFull) || errors.Is(err, ErrConflict) || errors.Is(err, ErrUncertain) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
