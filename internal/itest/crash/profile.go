//go:build linux

package crash

import "fmt"

// A Kind is what a worker does.
type Kind uint64

// The kinds.
const (
	Nothing Kind = iota
	Put          // creates a session or replaces it
	Delete
	Touch
	Load
	Add    // adds to a shared session
	Refuse // asks for what must be refused
	Upkeep // sweeps, or compacts the store if it can be asked to
	Kinds  // one more than the last
)

// String returns the name of the kind.
func (k Kind) String() string {
	return [...]string{"nothing", "put", "delete", "touch", "load", "add", "refuse", "upkeep"}[k]
}

// A Profile is a way of working.
type Profile struct {
	Name    string
	Keys    int        // sessions of each worker
	MinSize int        // of their data, in bytes
	MaxSize int        // likewise
	Odds    [Kinds]int // how often each kind is drawn, in 1,000
	Calls   int        // after so many calls the store is closed and opened again; 0 means never
}

// Profiles returns all ways of working: a mixture; the same with the store
// closed and opened all the time; one that makes an index grow; one that leaves
// much to compact; one for file systems that are slow to sync; one that deletes
// as much as it puts; and one that does nothing with the store but open and close
// it.
func Profiles() []Profile {
	mixture := [Kinds]int{Put: 400, Delete: 180, Touch: 170, Load: 120, Add: 80, Refuse: 48, Upkeep: 2}
	return []Profile{
		{Name: "mixed", Keys: 48, MinSize: 20, MaxSize: 1500, Odds: mixture},
		{Name: "restless", Keys: 48, MinSize: 20, MaxSize: 1500, Odds: mixture, Calls: 40},
		{Name: "grow", Keys: MaxKeys, MinSize: 16, MaxSize: 64, Odds: [Kinds]int{Put: 940, Delete: 10, Touch: 20, Load: 20, Add: 10}},
		{Name: "compact", Keys: 64, MinSize: 1000, MaxSize: 6000, Odds: [Kinds]int{Put: 560, Delete: 250, Touch: 60, Load: 60, Add: 30, Upkeep: 40}},
		{Name: "small", Keys: 24, MinSize: 16, MaxSize: 400, Odds: [Kinds]int{Put: 450, Delete: 250, Touch: 150, Load: 50, Add: 50, Refuse: 48, Upkeep: 2}},
		{Name: "leave", Keys: 48, MinSize: 20, MaxSize: 400, Odds: [Kinds]int{Put: 480, Delete: 480, Load: 38, Upkeep: 2}},
		{Name: "visit", Keys: 48, Odds: [Kinds]int{Nothing: 1000}, Calls: 1},
	}
}

// ProfileOf returns the profile with that name.
func ProfileOf(name string) (Profile, error) {
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("crash: no profile is called %q", name)
}
