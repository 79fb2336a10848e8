package broken

import "github.com/coatcheck/coatcheck"

var closes = []Store{
	{"panics-when-closed", func(r *Reference) coatcheck.Store { return panicsWhenClosed{r} }},
	{"works-when-closed", func(r *Reference) coatcheck.Store { return worksWhenClosed{r} }},
	{"panics-when-closed-twice", func(r *Reference) coatcheck.Store { return closesChannel{r, make(chan struct{})} }},
}

// panicsWhenClosed lets go of its map.
type panicsWhenClosed struct{ *Reference }

func (s panicsWhenClosed) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = nil
	return nil
}

// worksWhenClosed goes on as if nothing had happened.
type worksWhenClosed struct{ *Reference }

func (s worksWhenClosed) Close() error { return nil }

// closesChannel ends a background goroutine by closing a channel.
type closesChannel struct {
	*Reference
	done chan struct{}
}

func (s closesChannel) Close() error {
	close(s.done)
	return s.Reference.Close()
}
