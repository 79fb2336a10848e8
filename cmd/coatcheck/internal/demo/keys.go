package demo

import "github.com/coatcheck/coatcheck"

// The site's keys. Each names one value of its type in every session.
var (
	views      = coatcheck.NewKey[int]("views")
	inCart     = coatcheck.NewKey[cart]("cart")
	lastNotice = coatcheck.NewKey[notice]("notice")

	// Those of the routes for tools; /set makes others by name.
	counter  = coatcheck.NewKey[int]("count")
	slept    = coatcheck.NewKey[int]("slow")
	streamed = coatcheck.NewKey[string]("stream")
)
