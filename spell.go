package coatcheck

import "time"

// spell returns how long a session with this idle timeout may rest from now
// on: the idle timeout, or what Options.FirstTimeout says of one whose cookie
// has not come back yet. That it came back needs no note: the request that
// brings it finds the deadline early and so moves it.
func (s *Session) spell(owner string, idle time.Duration) time.Duration {
	first := s.m.opts.FirstTimeout
	if first == 0 || owner != "" || s.m.sealing != nil {
		return idle
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == phaseNew || s.desk != nil && s.desk.born {
		return first
	}
	return idle
}

// bear notes that the session was born in this request.
func (s *Session) bear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sit().born = true
}
