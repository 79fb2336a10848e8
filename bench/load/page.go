package load

// The pages that every server has.
const (
	NopPage   = "/nop"   // touches no session; replies "ok"
	ReadPage  = "/read"  // replies with the name that the session began with
	CountPage = "/count" // adds one to a number of the session, saves it, replies with it
	SeedPage  = "/seed"  // ?name= begins a session, sets its cookie, replies "ok"
)

// NoName is what the read page of a server without sessions replies.
const NoName = "visitor"
