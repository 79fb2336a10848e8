package config

import (
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/jsontree"
)

const aCarrier = `"cookie", "header:NAME", "insecure-form:FIELD" or "insecure-url:PARAMETER", or an array of these`

// carrier reads one carrier, or a chain.
func carrier(o *coatcheck.Options, n *jsontree.Node) (err error) {
	if n.Kind != jsontree.Array {
		o.Carrier, err = oneCarrier(n)
		return err
	}
	var all []coatcheck.Carrier
	for _, item := range n.Items {
		c, err := oneCarrier(item)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	o.Carrier = coatcheck.FirstOf(all...)
	return nil
}

// oneCarrier reads a carrier's word. Its name is judged with everything else.
func oneCarrier(n *jsontree.Node) (coatcheck.Carrier, error) {
	kind, name, named := strings.Cut(n.Text, ":")
	switch {
	case n.Kind != jsontree.String:
	case kind == "cookie" && !named:
		return coatcheck.CookieCarrier(), nil
	case kind == "header" && named:
		return coatcheck.HeaderCarrier(name), nil
	case kind == "insecure-form" && named:
		return coatcheck.InsecureFormCarrier(name), nil
	case kind == "insecure-url" && named:
		return coatcheck.InsecureURLCarrier(name), nil
	}
	return nil, wrong(n, aCarrier)
}
