package storeurl

import (
	"fmt"
	"os"
)

// A Member is one of the stores of a ring, as a URL or JSON names it. It is a
// plain value.
type Member struct {
	// Name is what the ring calls it.
	Name string

	// Source opens it, without the ring.
	Source *Source

	// Former says that the ring had it once, and has it no more.
	Former bool
}

// Members returns the members of a ring without opening them, those of ring:FILE
// by reading the file; none if s is no ring. What is wrong with the file is an
// [*Error].
func (s *Source) Members() ([]Member, error) {
	switch {
	case s.ring != nil:
		return s.ring.all(), nil
	case s.name != ringScheme:
		return nil, nil
	}
	file, err := s.Path()
	if err != nil {
		return nil, err
	}
	read, err := s.mux.readRing(file)
	if err != nil {
		return nil, err
	}
	return read.Members()
}

// readRing reads what a file says.
func (m *Mux) readRing(file string) (*Source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("storeurl: %w", err)
	}
	return m.parseFile(file, text, true)
}

// all are the members that have a store of their own.
func (r *ringSource) all() (all []Member) {
	for _, m := range r.members {
		all = append(all, Member{Name: m.name, Source: m.source})
	}
	for _, m := range r.former {
		if m.source != nil {
			all = append(all, Member{Name: m.name, Source: m.source, Former: true})
		}
	}
	return all
}
