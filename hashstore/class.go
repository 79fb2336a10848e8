package hashstore

// A class is a kind of operation in which a process may die.
type class uint64

const (
	classNone class = iota
	classPut
	classDelete
	classTouch
	classGrow
	classCompact
	classRepair
	classAttach
	classRecover
	classSync
)
