package ring

import (
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/ring/ketama"
)

// A Policy says what becomes of a dead member's share.
type Policy int

const (
	// Fail gives its share an error, which the manager turns into a 503, until
	// the member answers again. Nothing is lost and nothing comes back.
	Fail Policy = iota

	// FailOver lets the next members take its share over: its visitors start
	// anew, and what it held is never served again. See the package's
	// documentation for what that promises.
	FailOver
)

// A Layout says how IDs are spread.
type Layout int

const (
	// Rendezvous is weighted rendezvous hashing: exact shares, and a change
	// moves nothing between members that stay as they are.
	Rendezvous Layout = iota

	// Ketama is the continuum of package ketama, for a farm of servers that
	// other clients use as well.
	Ketama
)

// Options configure a [Ring]. The zero value, like a nil pointer, stands for
// the defaults, which are safe. All processes that share members must use the
// same Policy, Layout and keys. [New] copies them.
type Options struct {
	// Policy is for dead members. Default [Fail].
	Policy Policy

	// Layout is how IDs are spread. Default [Rendezvous].
	Layout Layout

	// KetamaKey returns the key that a member's store uses for an ID, which
	// must be ASCII, so that other clients find it where the ring put it.
	// Default: the ID in hexadecimal. Only for [Ketama].
	KetamaKey func(coatcheck.ID) string

	// KetamaHash hashes that key. Default [ketama.MD5]; twemproxy's default
	// is [ketama.FNV1a64]. Only for [Ketama].
	KetamaHash func(key string) uint32

	// KetamaNew makes the continuum. Default [ketama.New], which is that of
	// twemproxy and libmemcached; libketama's is [ketama.NewLibketama]. Only
	// for [Ketama].
	KetamaNew func([]ketama.Server) (*ketama.Continuum, error)

	// Former are the members as they were before the last change, for a
	// process that starts while sessions may not all have moved. A member in
	// both lists has the same store in both. Default none.
	Former []Member

	// MemberTimeout limits each call to a member's store. Keep it well below
	// the StoreTimeout of the manager, since one operation may take several
	// calls while members change. Default 500 ms, at least 1 ms.
	MemberTimeout time.Duration

	// Overlap is how long a process may go on without knowing of a change of
	// members that another one knows. Default 1 hour, at least 1 s.
	Overlap time.Duration

	// Now is the clock by which stubs expire. Default [time.Now].
	Now func() time.Time
}

// Defaults of Options.
const (
	defaultMemberTimeout = 500 * time.Millisecond
	defaultOverlap       = time.Hour
)

// filled returns a copy of o with every default put in, or an error that names
// the field that breaks a rule.
func (o *Options) filled() (Options, error) {
	var f Options
	if o != nil {
		f = *o
	}
	switch {
	case f.Policy != Fail && f.Policy != FailOver:
		return f, invalid("Options.Policy is %d; it must be Fail or FailOver", f.Policy)
	case f.Layout != Rendezvous && f.Layout != Ketama:
		return f, invalid("Options.Layout is %d; it must be Rendezvous or Ketama", f.Layout)
	case f.Layout != Ketama && (f.KetamaKey != nil || f.KetamaHash != nil || f.KetamaNew != nil):
		return f, invalid("Options.KetamaKey, KetamaHash and KetamaNew are only for the Layout Ketama")
	case f.MemberTimeout != 0 && f.MemberTimeout < time.Millisecond:
		return f, invalid("Options.MemberTimeout is %v; it must be at least 1ms, or 0 for the default", f.MemberTimeout)
	case f.Overlap != 0 && f.Overlap < time.Second:
		return f, invalid("Options.Overlap is %v; it must be at least 1s, or 0 for the default", f.Overlap)
	}
	if f.MemberTimeout == 0 {
		f.MemberTimeout = defaultMemberTimeout
	}
	if f.Overlap == 0 {
		f.Overlap = defaultOverlap
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.KetamaKey == nil {
		f.KetamaKey = coatcheck.ID.String
	}
	if f.KetamaHash == nil {
		f.KetamaHash = ketama.MD5
	}
	if f.KetamaNew == nil {
		f.KetamaNew = ketama.New
	}
	return f, nil
}

// hash places an ID on the continuum.
func (o *Options) hash(id coatcheck.ID) uint32 { return o.KetamaHash(o.KetamaKey(id)) }
