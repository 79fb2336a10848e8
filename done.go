package coatcheck

// Done returns a channel that is closed when the session has ended, for
// WebSockets, event streams and other responses that outlive many requests.
// [Session.Ended] says why it is closed.
//
// What this manager does to the session is known at once, and so is what others
// do where the store is a [Watcher]. With other stores the session is looked at
// every [Options].PollInterval, once for all who listen to it in this process,
// so that the channel is closed no later than that and one call to the store
// after the end. Expiry is found when it is due. With a clock of the
// program's own, Options.Now, it is found within a PollInterval of the
// machine's time, since nobody can tell how that clock moves.
//
// A listener does not keep the session alive: a stream that counts as use calls
// [Session.Touch] now and then. A login or a renewal by this Session itself
// does not close the channel, which follows the session to its new ID. One
// that is not stored yet is followed from its birth. While the store cannot be
// asked, the channel stays open, up to the idle deadline that was last known.
//
// Of a sealed session (see [Sealer]) only its own token is known: it expires at
// that token's idle deadline, even if another request has got a later one; the
// client comes back with that.
//
// The channel is closed, too, when the handler returns, by [Manager.Close], and
// by [Session.Close], which whoever listens to a session of [Manager.Open]
// calls in the end. All calls return the same channel; once closed it stays so,
// whatever the request does.
func (s *Session) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.sit().beside()
	if a.listener == nil {
		a.listener = s.m.hub.listen(s)
		if s.isClosed() { // maybe just now, when nobody was seen to listen
			s.m.hub.leave(a.listener)
		}
	}
	return a.listener.done
}

// Ended returns why the channel of [Session.Done] is closed, nil while it is
// open:
//
//   - [ErrDestroyed]: somebody logged out, or the session was ended from outside;
//   - [ErrExpired]: a timeout has passed;
//   - [ErrRenewed]: another request logged in or renewed the session, so that
//     its client has other privileges now, under another token;
//   - [ErrGone], which all of these wrap, alone: it had ended when Done was
//     called first, or its record is damaged;
//   - [ErrClosed]: the session lives, but its handler has returned, or the
//     manager was closed.
func (s *Session) Ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch l := s.listener(); {
	case l != nil:
		return l.ended()
	case s.isClosed():
		return ErrClosed
	case s.phase == phaseGone:
		return ErrGone
	}
	return nil
}

// Close ends the use of a session of [Manager.Open], as the return of the
// handler does for that of a request: pending changes are dropped, later calls
// return [ErrClosed], and nobody listens to [Session.Done] any more. Only
// programs that listen need it. A request's session it leaves alone. It returns
// nil, also when called again.
func (s *Session) Close() error {
	if s.v == nil {
		s.close()
	}
	return nil
}

// listener returns who listens to the session, nil if nobody does. The caller
// holds mu.
func (s *Session) listener() *listener {
	if s.desk == nil || s.desk.aside == nil {
		return nil
	}
	return s.desk.aside.listener
}

// unlisten ends the listening, if there is any.
func (s *Session) unlisten() {
	if s == nil || s.m.hub.present.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.listener(); l != nil {
		s.m.hub.leave(l)
	}
}

// follow makes who listens go with the session to its present ID.
func (s *Session) follow() {
	if s.m.hub.present.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.listener(); l != nil && s.rec != nil {
		s.m.hub.move(l, s.rec)
	}
}
