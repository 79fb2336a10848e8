package coatcheck

// A desk is what a session needs once it is changed, or used twice at once. It saves changes several
// allocations, and sessions that are only read the space. The session's mu
// guards it, but for what the running operation owns.
type desk struct {
	saving  changes  // on their way to the store
	pending changes  // not saved yet, on top of saving
	stuck   error    // the first error of encoding or size
	space   [24]byte // for one small value
	taken   bool
	one     [1]change // for the first change
	lane    lane
	aside   *aside // what few sessions need; nil before that
}

// An aside is the part of a desk that only sessions have which are used twice
// at once, or listened to.
type aside struct {
	vacant   chan struct{} // closed when the running operation ends; nil if nobody waits
	listener *listener     // nil before Done is called
}

// beside returns the desk's aside.
func (d *desk) beside() *aside {
	if d.aside == nil {
		d.aside = new(aside)
	}
	return d.aside
}

// idle reports whether there is nothing to save.
func (d *desk) idle() bool { return d == nil || d.pending.empty() && d.stuck == nil }

// clear drops all changes and their error.
func (d *desk) clear() {
	if d != nil {
		d.saving, d.pending, d.stuck = changes{}, changes{}, nil
	}
}

// scratch returns space for one small value to the first who asks.
func (d *desk) scratch() []byte {
	if d.taken {
		return nil
	}
	d.taken = true
	return d.space[:0]
}

// room gives the first change its place.
func (d *desk) room() {
	if d.pending.list == nil && d.one[0].name == "" {
		d.pending.list = d.one[:0]
	}
}

// sit returns the session's desk. The caller holds mu.
func (s *Session) sit() *desk {
	if s.desk == nil {
		s.desk = new(desk)
	}
	return s.desk
}

// scratch is the desk's, where the lock is not held.
func (s *Session) scratch() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sit().scratch()
}

// spareLane returns the lane that a save of this session may use.
func (s *Session) spareLane() *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &s.sit().lane
}
