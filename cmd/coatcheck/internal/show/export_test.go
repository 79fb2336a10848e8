package show

var Wrap = wrap

// OfWidth makes the printer one for a terminal of so many columns.
func (p *Printer) OfWidth(columns int) *Printer {
	p.width = columns
	return p
}
