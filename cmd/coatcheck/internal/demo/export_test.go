package demo

// What tests look at directly.
var (
	Device = device
	Span   = span
)
