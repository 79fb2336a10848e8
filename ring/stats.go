package ring

// Stats are a ring's figures, as this process sees them.
type Stats struct {
	Members []MemberStats // by name; former ones and standbys included
	Changes int           // changes of members that have not been concluded
	Moved   int64         // sessions that this ring has moved since [New]
}

// MemberStats are the figures of one member.
type MemberStats struct {
	Name     string
	Share    float64 // its part of all IDs, 0 to 1; 0 for standbys and former members
	Down     bool    // it does not answer: calls fail at once, but for a probe now and then
	Last     error   // its last failure if it is down
	Fenced   bool    // it was given up, and others have its share
	Homing   bool    // it came back, and a Rebalance will bring its share's sessions home
	Epoch    uint64  // how often it was given up
	Calls    int64   // calls made to it
	Failures int64   // those of them that it failed
}

// Stats returns the present figures. They need not be consistent with each
// other.
func (r *Ring) Stats() Stats {
	t := r.topo.Load()
	v := r.fences.view.Load()
	if v == nil {
		v = new(view)
	}
	portions := t.sets[0].portions()
	st := Stats{Changes: len(t.sets) - 1, Moved: r.moved.Load()}
	for _, m := range t.members {
		one := MemberStats{Name: m.name, Share: portions[m.name], Calls: m.calls.Load(), Failures: m.failed.Load()}
		one.Down, one.Last = m.breaker.down()
		if !one.Down {
			one.Last = nil
		}
		f, fenced := v.fences[m.name]
		one.Epoch, one.Fenced, one.Homing = f.epoch, fenced && f.state == stateOut, fenced && f.state == stateReturning
		st.Members = append(st.Members, one)
	}
	return st
}
