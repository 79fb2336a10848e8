package transfer

import "time"

// A meter tells how far work has come.
type meter struct {
	tell  func(Progress)
	begun time.Time
	p     Progress
}

func newMeter(tell func(Progress), phase Phase, total int64) *meter {
	if tell == nil {
		tell = func(Progress) {}
	}
	m := &meter{tell: tell, begun: time.Now(), p: Progress{Phase: phase, Total: total}}
	return m
}

// step tells of n more sessions, and how many changes there were in all.
func (m *meter) step(n int, changes int64) {
	m.p.Done += int64(n)
	m.p.Changes = changes
	if s := time.Since(m.begun).Seconds(); s > 0 {
		m.p.Rate = float64(m.p.Done) / s
	}
	m.tell(m.p)
}
