package storeurl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck/internal/jsontree"
)

// ringParams are the fields of a ring's JSON that are read as parameters are.
func ringParams() []Param {
	return []Param{
		{Name: "policy", Kind: Word, Words: []string{"fail", "failover"}},
		{Name: "layout", Kind: Word, Words: []string{"rendezvous", "ketama"}},
		{Name: "member_timeout", Kind: Duration},
		{Name: "overlap", Kind: Duration},
		{Name: "ketama_hash", Kind: Word, Words: []string{"md5", "fnv1a_64"}},
		{Name: "ketama_continuum", Kind: Word, Words: []string{"twemproxy", "libketama"}},
		{Name: "ketama_prefix"},
	}
}

// memberFields are those of one member.
var memberFields = []string{"name", "weight", "standby", "store"}

// A memberSource is one member as JSON has it.
type memberSource struct {
	name    string
	weight  float64
	standby bool
	source  *Source // nil of a former member that still is one
	field   string  // where it stands
	line    int
	column  int
}

// ring reads a ring.
func (d *document) ring(n *jsontree.Node) (*Source, error) {
	if n.Kind != jsontree.Object {
		return nil, d.wrong(n, "", "an object")
	}
	scheme := &Scheme{Name: ringScheme, Params: ringParams()}
	s := &Source{mux: d.mux, scheme: scheme, name: ringScheme, params: map[string]string{}}
	s.ring = &ringSource{mux: d.mux, file: d.file, params: s}
	known := append([]string{"members", "former"}, scheme.paramNames()...)
	for _, m := range n.Members {
		var err error
		switch {
		case m.Name == "members":
			s.ring.members, err = d.members(m.Value, m.Name)
		case m.Name == "former":
			s.ring.former, err = d.members(m.Value, m.Name)
		case scheme.param(m.Name) == nil:
			err = d.fault(m.At, m.Name, unknownName("field", m.Name, known))
		case m.Value.Kind != jsontree.String:
			err = d.wrong(m.Value, m.Name, "a string")
		default:
			err = d.param(s, m, "")
		}
		if err != nil {
			return nil, err
		}
	}
	if n.Member("members") == nil {
		return nil, d.fault(n.Start, "members", errors.New("they are missing"))
	}
	for _, m := range n.Members {
		if strings.HasPrefix(m.Name, "ketama_") && s.params["layout"] != "ketama" {
			return nil, d.fault(m.At, m.Name, errors.New(`it is for the layout "ketama" only`))
		}
	}
	if err := s.ring.check(); err != nil {
		return nil, d.placed(err, n)
	}
	return s, nil
}

// placed gives an error about a field its place.
func (d *document) placed(err error, n *jsontree.Node) error {
	bad := (*Error)(nil)
	if !errors.As(err, &bad) || bad.Line > 0 {
		return err
	}
	at := n.Start
	if m := n.Member(bad.Field); m != nil {
		at = m.Start
	}
	return d.fault(at, bad.Field, bad.Err)
}

// members reads a list of members.
func (d *document) members(n *jsontree.Node, field string) (all []memberSource, err error) {
	if n.Kind != jsontree.Array {
		return nil, d.wrong(n, field, "an array of members")
	}
	for i, item := range n.Items {
		m, err := d.member(item, fmt.Sprintf("%s[%d]", field, i))
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (d *document) member(n *jsontree.Node, field string) (m memberSource, err error) {
	if n.Kind != jsontree.Object {
		return m, d.wrong(n, field, `an object such as {"name": "a", "store": "hash:a.ht"}`)
	}
	m.field = field
	m.line, m.column = jsontree.Position(d.text, n.Start)
	weighed := false
	for _, f := range n.Members {
		at := join(field, f.Name)
		switch f.Name {
		case "name":
			m.name, err = d.str(f.Value, at)
		case "weight":
			m.weight, err = d.weight(f.Value, at)
			weighed = true
		case "standby":
			m.standby, err = d.boolean(f.Value, at)
		case "store":
			m.source, err = d.memberStore(f.Value, at)
		default:
			err = d.fault(f.At, at, unknownName("field", f.Name, memberFields))
		}
		if err != nil {
			return m, err
		}
	}
	if n.Member("name") == nil {
		return m, d.fault(n.Start, join(field, "name"), errors.New("it is missing"))
	}
	if !weighed && !m.standby {
		m.weight = 1
	}
	return m, nil
}

// memberStore reads the store of a member, which is no ring: its stubs could
// not be told from those of the ring around it, and a file might name itself.
func (d *document) memberStore(n *jsontree.Node, field string) (*Source, error) {
	s, err := d.source(n, field)
	if err == nil && s.name == ringScheme {
		return nil, d.fault(n.Start, field, errors.New("a ring cannot be a member of a ring: list its members instead"))
	}
	return s, err
}

func (d *document) str(n *jsontree.Node, field string) (string, error) {
	if n.Kind != jsontree.String {
		return "", d.wrong(n, field, "a string")
	}
	return n.Text, nil
}

func (d *document) weight(n *jsontree.Node, field string) (float64, error) {
	w, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case n.Kind != jsontree.Number:
		return 0, d.wrong(n, field, "a number above 0")
	case err != nil || !(w > 0):
		return 0, d.fault(n.Start, field, fmt.Errorf("it is %s; it must be a number above 0", n.Text))
	}
	return w, nil
}

func (d *document) boolean(n *jsontree.Node, field string) (bool, error) {
	if n.Kind != jsontree.Bool {
		return false, d.wrong(n, field, "true or false")
	}
	return n.Text == "true", nil
}
