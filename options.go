package coatcheck

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// NoTimeout switches a timeout off. Zero means the default instead.
const NoTimeout time.Duration = -1

// NoSweep, as Options.SweepInterval, leaves sweeping to others, such as a
// scheduled job.
const NoSweep time.Duration = -1

// NoPromotion, as Options.PromoteBytes, keeps anonymous sessions from moving
// into the store by growing.
const NoPromotion = -1

// Options configure a [Manager]. The zero value, like a nil pointer, stands
// for the defaults, which are safe. [New] copies them.
type Options struct {
	// Name tells managers apart that share a store: their tokens never open
	// each other's sessions. Also the stem of the default cookie name.
	// 1 to 64 letters, digits, '-', '_' and '.'. Default "id".
	Name string

	// IdleTimeout ends a session that was not used for so long. Uses are
	// written down at most every twentieth of it (but not more often than
	// every second, and at least every minute), so a session may end that
	// much earlier. Default 30 minutes, or AbsoluteTimeout if that is
	// shorter. [NoTimeout] switches it off.
	IdleTimeout time.Duration

	// AbsoluteTimeout ends a session so long after its login, whatever
	// happens. Default 12 hours. [NoTimeout] switches it off.
	AbsoluteTimeout time.Duration

	// AnonymousIdleTimeout and AnonymousAbsoluteTimeout are the pair for
	// sessions that nobody has logged in to, counted from their birth.
	// Default 30 minutes and 2 hours, or the pair above where that is
	// shorter.
	AnonymousIdleTimeout     time.Duration
	AnonymousAbsoluteTimeout time.Duration

	// PersistentIdleTimeout and PersistentAbsoluteTimeout are the pair for
	// "remember me": for sessions that were persistent, by
	// [Session.SetPersistent], when their owner logged in. Which pair applies
	// is decided by each login and by nothing else: SetPersistent behind it
	// changes what the browser does with the cookie, but makes the session last
	// neither longer nor shorter. Default: as the pair without the prefix.
	// Setting only the absolute one leaves the idle timeout in force, so
	// mostly both are set, such as to 14 and 30 days.
	PersistentIdleTimeout     time.Duration
	PersistentAbsoluteTimeout time.Duration

	// FirstTimeout is the idle timeout of an anonymous session until its cookie
	// has come back once, so that those who never send one fill the store for
	// minutes only. It must leave a visitor the time to read the first page, as
	// long as that page loads nothing that uses the session; 5 minutes
	// suit most sites. A login ends it, and sealed sessions, which take no
	// room, have none. Default 0: AnonymousIdleTimeout from the beginning.
	FirstTimeout time.Duration

	// MaxSessionsPerOwner is how many sessions an owner may have. A login
	// beyond it succeeds and ends the oldest of the others, by their AuthTime;
	// each is an [EventDestroyed] with the reason "cap". Logins that overlap,
	// in any number of processes, leave exactly so many, or one fewer where a
	// renewal came between. If one cannot be ended now, because the store
	// fails, that is an [EventCapFailure], and the next login tries again. An
	// AuthTime may be a moment after the clock's to keep the order of logins.
	// It needs a store that has an [OwnerIndex], or at least is a [Lister],
	// which costs each login a look at every record; else, and with sealed
	// sessions, [New] returns [ErrUnsupported].
	// Default 0: no limit.
	MaxSessionsPerOwner int

	// Flood limits how many anonymous sessions are born. Default: no limit.
	Flood FloodOptions

	// RotateEvery gives a session that is in use a new token that often, with
	// the next response whose headers can bring one: what was copied of a
	// token, from a log or a backup, is then of no use for long. At least a
	// minute, and the same in all processes. Default 0: never.
	//
	// It is off by default since it guards against little that the cookie's
	// attributes do not, and has its price: three to five more calls to the
	// store each time, and a small record for each old token until the
	// session's deadline, or for a day, or for the idle timeout if that is
	// longer, whichever ends first. Limits of a store count those records, too:
	// by hourly rotation a session of twelve hours comes to twelve.
	//
	// The old token leads to the session until the new one is first used, and
	// 30 seconds more, so neither parallel requests nor a response that was
	// lost log anybody out. Its use after that is [EventReused], and opens
	// nothing. Login, Renew and Destroy give no such grace: they end all the
	// tokens at once. Whoever has an old token and can read the store can work
	// out the token that followed it. A client that does not keep cookies, but
	// repeats one, costs two loads more each time.
	//
	// Only cookies rotate: not the tokens of other carriers, nor one that a
	// request shows by a cookie and another carrier at once. A response for caches
	// to share (its handler has set Cache-Control so) brings no token. Outside HTTP
	// nothing rotates, and sealed sessions, which change their token with every
	// save, refuse it.
	RotateEvery time.Duration

	// EndReused ends the session of which an old token was used behind its
	// grace, since it cannot be told who of its users is the thief. A browser
	// that crashed may have put an old cookie back, and is logged out by it.
	EndReused bool

	// StoreTimeout bounds every single call to the store, by the context that it
	// gets. Default 2 seconds.
	StoreTimeout time.Duration

	// SweepInterval is the mean time between two automatic sweeps of the
	// store. They leave alone what expired within the last hour, lest a wrong
	// clock costs sessions. Default 10 minutes; [NoSweep] switches them off.
	SweepInterval time.Duration

	// PollInterval is how often a session is looked at while somebody listens
	// to its [Session.Done], if the store is no [Watcher]. Default 5 seconds.
	PollInterval time.Duration

	// Cookie sets the cookie's attributes.
	Cookie CookieOptions

	// InsecureCookie drops the cookie's Secure attribute and the name prefix
	// that demands it, so that sessions work over plain HTTP. For
	// development on the local machine only.
	InsecureCookie bool

	// Carrier says how tokens travel. Default [CookieCarrier], as Cookie
	// describes it; the others are [HeaderCarrier], [InsecureFormCarrier],
	// [InsecureURLCarrier] and [FirstOf] for a chain.
	Carrier Carrier

	// Form limits the forms that [InsecureFormCarrier] reads.
	Form FormOptions

	// Codec turns values into the record's bytes. Default [JSON].
	Codec Codec

	// MaxBytes limits the encoded data of one session. Default 64 KiB, at
	// most 16 MiB.
	MaxBytes int

	// MaxKeys limits the number of keys of one session. Default 1,024, at most
	// 1,048,576.
	MaxKeys int

	// AnonymousSealer, beside a store with records, seals the sessions that
	// nobody has logged in to into their cookies, so that a flood of visitors
	// fills no store. At its login, when it outgrows PromoteBytes, or by
	// [Session.Promote], a session moves into the store. Package sealed has
	// one; its Revoker may be the store given to New. See docs/SEALED.md for
	// what sealed sessions cannot promise. Default: all sessions are stored.
	AnonymousSealer Sealer

	// PromoteBytes is the length of the encoded data above which an anonymous
	// session that is sealed moves into the store. Default: when the cookies that
	// Cookie.Chunks allows do not hold it. With [NoPromotion] a save that they
	// do not hold is ErrTooLarge, and only Login and Promote move a session.
	PromoteBytes int

	// DeviceLabel names the device of a request ("Firefox on Linux") when a
	// session is born, logged in or renewed, for lists of sessions. At most 128 bytes
	// are kept. Default: nothing is kept.
	DeviceLabel func(*http.Request) string

	// AddressLabel names the address of a request when a session is born, logged
	// in or renewed, for lists of sessions. At most 64 bytes are kept. An address
	// is personal data and what a list needs is less: see [TruncatedAddress]
	// and [KeyedAddress]. Default: nothing is kept.
	AddressLabel func(*http.Request) string

	// Now is the clock by which sessions expire. Default [time.Now].
	Now func() time.Time

	// Logger receives warnings and errors, and every other event at level
	// Debug. Default [slog.Default].
	Logger *slog.Logger

	// OnEvent is called for every [Event], on the goroutine that caused it,
	// so it must be fast and safe for concurrent use. It may call back, but not
	// [Manager.Close], which waits for whoever may be reporting. Default none.
	OnEvent func(context.Context, Event)

	// ErrorHandler answers a request whose session could not be loaded or
	// saved. Nothing of the handler's response has been sent. Default
	// [DefaultErrorHandler].
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)
}

// CookieOptions are the attributes of the session cookie. It is always
// HttpOnly and, unless Options.InsecureCookie is set, Secure. The zero value
// stands for the defaults.
type CookieOptions struct {
	// Name is the cookie's whole name. Default "__Host-" and Options.Name;
	// "__Secure-" and the name when Domain or another Path is set; the bare
	// name with Options.InsecureCookie.
	Name string

	// Domain shares the cookie with all subdomains. Default: none, which is
	// safer: only the host that set it gets it.
	Domain string

	// Path limits the cookie to a part of the site. It is no security
	// boundary. Default "/".
	Path string

	// SameSite is Lax by default, and None when Partitioned.
	SameSite http.SameSite

	// Partitioned gives the cookie a jar per embedding site (CHIPS), for
	// pages that live in other sites' frames.
	Partitioned bool

	// Chunks is how many cookies a sealed session (see [Sealer]) may be
	// spread over when it does not fit into one, which holds some 2,800 bytes
	// of data: the cookie's own and NAME~1, NAME~2 and so on. At most 8. Many
	// servers and proxies refuse requests with more than 8 KiB of headers, so
	// more than 2 need a look at theirs. Two responses that set chunks at the
	// same time may leave a mixture, which opens nothing. Default 1; where no
	// sessions are sealed nothing else is allowed.
	Chunks int
}

// Defaults of Options, in one place so that documentation can be checked
// against them.
const (
	defaultName              = "id"
	defaultIdle              = 30 * time.Minute
	defaultAbsolute          = 12 * time.Hour
	defaultAnonymousIdle     = 30 * time.Minute
	defaultAnonymousAbsolute = 2 * time.Hour
	defaultStoreTimeout      = 2 * time.Second
	defaultSweepInterval     = 10 * time.Minute
	defaultPollInterval      = 5 * time.Second
	defaultMaxBytes          = 64 << 10
	defaultMaxKeys           = 1024
	greatestMaxBytes         = 16 << 20
)
