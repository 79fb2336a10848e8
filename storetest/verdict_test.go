package storetest_test

// A verdict says what is wrong with a store in terms of the suite.
type verdict struct {
	when when
	must []string // subtests that must fail, by the beginning of their names
	may  []string // further ones of the same groups that may
}

// when says under which circumstances a store is wrong.
type when int

const (
	always when = iota
	inRaces
	atExpiry // or once a record has expired
	atEdges  // with some values, at a limit, when closed or cancelled
)

type names = []string

// verdicts are those of all broken stores.
var verdicts = map[string]verdict{
	"nil-for-absent": {always, names{"Load/says ErrNotFound for an absent record",
		"Load/says ErrNotFound for a deleted record", "Load/says ErrNotFound for an expired record"}, names{"Load/does not take"}},
	"record-with-error": {always, names{"Load/says ErrNotFound for an absent record"}, names{"Load/"}},
	"serves-corrupt":    {always, names{"Corrupt/record is ErrCorrupt and costs no other"}, names{"Corrupt/record is not replaced"}},
	"id-cut-in-half": {atEdges, names{"Verbatim/IDs that differ in one bit", "Load/does not take an ID for another"},
		names{"Verbatim/IDs that differ in the case"}},
	"id-folds-case":  {atEdges, names{"Verbatim/IDs that differ in one bit"}, nil},
	"id-ends-at-NUL": {atEdges, names{"Verbatim/IDs that differ in one bit"}, names{"Verbatim/"}},

	"upserting-create": {always, names{"Create/over a live record is ErrExists", "Create/of the same record again",
		"Create/of an expired record over a live one", "Race/of Creates has one winner"}, names{"Race/of Creates over"}},
	"create-ends-the-old":        {always, names{"Create/over a live record is ErrExists and changes nothing"}, names{"Create/of an expired record over"}},
	"create-blocked-by-expired":  {atExpiry, names{"Create/over an expired record succeeds"}, names{"Create/over an expired record"}},
	"create-merges-with-expired": {atExpiry, names{"Create/over an expired record keeps nothing of it"}, nil},

	"upserting-replace": {always, names{"Replace/never creates an absent record", "Replace/never brings a deleted record back",
		"Race/of Replace against Delete"}, names{"Replace/never brings an expired", "Replace/of an expired"}},
	"replace-revives-expired": {atExpiry, names{"Replace/never brings an expired record back", "Replace/of an expired record is ErrNotFound",
		"Clock/at Expires Replace finds nothing"}, names{"Clock/"}},
	"conflict-for-absent": {always, names{"Replace/never creates", "Replace/never brings a deleted", "Replace/never brings an expired",
		"Replace/of an expired record is ErrNotFound at any version"}, nil},
	"version-blind-replace": {always, names{"Replace/at another version is ErrConflict", "Replace/works once for each version",
		"Version/that differs in the lowest bit", "Race/of Replaces at one version"}, names{"Version/", "Race/"}},
	"replace-lowers-expires": {always, names{"Replace/keeps the stored Expires when the given one is earlier",
		"Replace/keeps the stored Expires when the given one has passed", "Replace/keeps an Expires that Touch has moved",
		"Clock/a Replace does not move the end to an earlier"}, nil},
	"replace-exceeds-deadline": {always, names{"Replace/cuts the stored Expires off at the given Deadline",
		"Clock/a Replace moves the end to the nearer Deadline"}, nil},
	"replace-keeps-owner": {always, names{"Replace/takes the owner away", "Owned/loses a record that Replace takes the owner from"},
		names{"Replace/cuts the stored"}},
	"replace-keeps-deadline": {always, names{"Replace/cuts the stored Expires off at the given Deadline",
		"Replace/can end the record at once"}, nil},
	"replace-keeps-old-data-when-empty": {atEdges, names{"Replace/keeps nothing of longer data"}, names{"Replace/cuts the stored"}},
	"refused-replace-extends":           {always, names{"Replace/at another version is ErrConflict and changes nothing"}, nil},

	"touch-goes-back": {always, names{"Touch/to an earlier time has no effect", "Touch/to a time that has passed",
		"Race/of Touches keeps the latest"}, nil},
	"touch-exceeds-deadline": {atEdges, names{"Touch/is cut off at the Deadline",
		"Touch/is cut off at the Deadline that Replace has set", "Clock/a touch moves the end to the Deadline at most"}, nil},
	"touch-changes-version": {always, names{"Touch/moves Expires to a later time and nothing else", "Touch/keeps the version"}, names{"Touch/"}},
	"touch-moves-deadline":  {always, names{"Touch/moves Expires to a later time and nothing else"}, names{"Touch/is cut off"}},
	"touch-revives-expired": {atExpiry, names{"Touch/never brings an expired record back", "Clock/at Expires Touch finds nothing"},
		names{"Clock/"}},
	"touch-silent-on-absent": {always, names{"Touch/of an absent record is ErrNotFound", "Touch/never brings a deleted record",
		"Touch/never brings an expired record"}, nil},

	"delete-of-absent-fails":    {always, names{"Delete/of an absent record is no error", "Delete/twice is no error"}, nil},
	"delete-takes-all-of-owner": {always, names{"Delete/leaves other records alone"}, nil},

	"version-as-float":    {atEdges, names{"Version/that is the same float64"}, nil},
	"version-low-half":    {atEdges, names{"Version/with the same low 32 bits"}, names{"Version/that differs in the highest bit"}},
	"version-high-half":   {atEdges, names{"Version/with the same high 32 bits"}, names{"Version/"}},
	"version-zero-is-any": {atEdges, names{"Version/0 where 1 is stored"}, nil},
	"version-at-least":    {always, names{"Version/that is higher", "Version/that differs in the lowest bit"}, names{"Version/"}},
	"version-must-grow":   {always, names{"Version/need not grow"}, names{"Version/"}},
	"version-of-its-own":  {always, names{"Version/is kept as given"}, names{"Version/"}},

	"loses-meta":          {always, names{"Verbatim/meta of any length"}, names{"Verbatim/"}},
	"cuts-data-at-64-KiB": {atEdges, names{"Verbatim/data of any length", "Verbatim/data above the limit", "Verbatim/data that Replace"}, nil},
	"cuts-meta-at-255":    {atEdges, names{"Verbatim/meta of any length"}, names{"Verbatim/data and meta"}},
	"cuts-owner-at-255": {atEdges, names{"Verbatim/owner of any length", "Owned/tells owners apart"},
		names{"Verbatim/owner", "Owned/finds every record of an owner"}},
	"cuts-owner-at-NUL": {atEdges, names{"Verbatim/owner of any bytes", "Owned/tells owners apart"},
		names{"Verbatim/owner", "Owned/finds every record of an owner"}},
	"folds-case-of-owner": {atEdges, names{"Verbatim/owner of any bytes", "Owned/tells owners apart"},
		names{"Verbatim/owner", "Owned/finds every record of an owner"}},
	"trims-owner": {atEdges, names{"Verbatim/owner of any bytes", "Owned/tells owners apart"},
		names{"Verbatim/owner", "Owned/finds every record of an owner"}},
	"mends-UTF-8": {atEdges, names{"Verbatim/owner of any bytes", "Owned/tells owners apart"},
		names{"Verbatim/owner", "Owned/finds every record of an owner"}},
	"mends-data":       {atEdges, names{"Verbatim/data and meta of any bytes", "Verbatim/data of any length"}, names{"Verbatim/data"}},
	"times-in-seconds": {always, names{"Verbatim/times to the millisecond"}, names{"Verbatim/"}},
	"times-local":      {always, names{"Verbatim/times to the millisecond in UTC"}, names{"Verbatim/"}},
	"times-in-nanoseconds-of-an-int64": {atEdges, names{"Verbatim/times long ago and in the far future"},
		names{"Verbatim/zero", "Verbatim/IDs"}},
	"zero-time-is-1970": {atEdges, names{"Verbatim/zero AuthTime"}, names{"Verbatim/IDs"}},
	"1970-is-zero-time": {atEdges, names{"Verbatim/times long ago"}, nil},

	// A test of one goroutine, in the only group that is about them: elsewhere
	// the race detector would be first.
	"one-buffer-for-all":    {always, names{"Immutable/a loaded record outlasts the Load of another"}, names{"Immutable/a loaded"}},
	"writes-in-place":       {always, names{"Immutable/a loaded record outlasts a Replace"}, names{"Immutable/"}},
	"touches-in-place":      {always, names{"Immutable/a loaded record outlasts a Touch"}, names{"Immutable/a record given"}},
	"cuts-the-given-record": {always, names{"Immutable/a record given to Replace is not written to"}, nil},

	"serves-expired": {atExpiry, names{"Load/says ErrNotFound for an expired record", "Expiry/a record whose Expires has passed",
		"Expiry/a record ends by itself", "Clock/at Expires a record is absent"}, names{"Expiry/", "Clock/"}},
	"ends-a-nanosecond-late":               {atExpiry, names{"Clock/at Expires a record is absent"}, names{"Clock/"}},
	"ends-a-millisecond-early":             {atExpiry, names{"Clock/one nanosecond before Expires"}, names{"Clock/"}},
	"ends-with-the-second":                 {atExpiry, names{"Clock/at Expires a record is absent", "Expiry/a record ends by itself"}, names{"Clock/", "Expiry/"}},
	"ends-with-the-millisecond-rounded-up": {atExpiry, names{"Clock/one nanosecond before Expires"}, names{"Clock/"}},
	"ends-by-the-time-of-day":              {atExpiry, names{"Clock/at Expires a record is absent", "Clock/a day ahead"}, names{"Clock/"}},
	"time-never-goes-back":                 {atExpiry, names{"Clock/a jump ahead and back"}, names{"Clock/"}},

	"ignores-context": {atEdges, names{"Context/that is cancelled is the error", "Context/that is past its deadline",
		"Context/that is cancelled keeps Replace"}, nil},
	"context-checked-too-late": {atEdges, names{"Context/that is cancelled keeps Delete"},
		names{"Context/that is cancelled is the error", "Context/that is past its deadline"}},
	"context-error-of-its-own": {atEdges, names{"Context/that is cancelled is the error"},
		names{"Context/that is cancelled keeps Create", "Context/that is past its deadline"}},
	"half-a-replace-when-cancelled": {atEdges, names{"Context/that is cancelled on the way"}, nil},

	"create-looks-first":              {inRaces, names{"Race/of Creates has one winner"}, names{"Race/of Creates over"}},
	"create-looks-first-over-expired": {inRaces, names{"Race/of Creates over an expired record"}, nil},
	"replace-looks-first": {inRaces, names{"Race/of Replaces at one version", "Race/of Replaces loses no increment"},
		names{"Race/of Touch against Replace", "Race/of Load"}},
	"replace-upserts-late":    {inRaces, names{"Race/of Replace against Delete"}, nil},
	"replace-forgets-touch":   {inRaces, names{"Race/of Touch against Replace"}, names{"Race/of Load"}},
	"touch-upserts-late":      {inRaces, names{"Race/of Touch against Delete"}, nil},
	"touch-writes-stale-data": {inRaces, names{"Race/of Touch against Replace"}, names{"Race/of Load"}},
	"touch-forgets-touch":     {inRaces, names{"Race/of Touches keeps the latest"}, names{"Race/of Touch against Replace", "Race/of Load"}},

	"swaps-loaded-records": {inRaces, names{"Mixup/of records loaded at once", "Mixup/of many records in use"}, names{"Mixup/"}},
	"swaps-loaded-data":    {inRaces, names{"Mixup/of records loaded at once", "Mixup/of many records in use"}, names{"Mixup/"}},
	"swaps-created-records": {inRaces, names{"Mixup/of records created at once"},
		names{"Mixup/of many records"}},

	"caches-loads":   {always, names{"Peer/sees a Replace at once", "Peer/sees a Touch at once", "Peer/sees a Delete at once"}, nil},
	"caches-absence": {always, names{"Peer/sees a Create at once"}, nil},

	"list-by-offset": {inRaces, names{"List/gives what is live throughout exactly once while others are deleted"},
		names{"List/gives what is live throughout exactly once while"}},
	"list-one-too-many": {always, names{"List/gives each live record exactly once"}, names{"List/"}},
	"list-loses-last-page": {atEdges, names{"List/gives each live record exactly once", "List/gives whole records"},
		names{"List/gives"}},
	"list-repeats-cursor":            {atEdges, names{"List/gives each live record exactly once"}, names{"List/gives"}},
	"list-starts-over-at-bad-cursor": {atEdges, names{"List/with a foreign cursor"}, nil},
	"list-without-data":              {always, names{"List/gives whole records", "List/gives records as Replace and Touch"}, nil},
	"list-unlimited-at-zero":         {atEdges, names{"List/with a limit below 1"}, nil},
	"list-in-order-of-change": {inRaces, names{"List/gives what is live throughout exactly once while it is replaced"},
		names{"List/gives what is live throughout exactly once while many"}},
	"list-remembers-deleted": {always, names{"List/gives no record that has been deleted"}, nil},

	"index-keeps-stubs":   {always, names{"Owned/loses a record that Replace takes the owner from"}, nil},
	"index-keeps-deleted": {always, names{"Owned/loses a record that is deleted"}, nil},
	"index-keeps-overwritten": {atExpiry, names{"Owned/loses a record that expired and made way",
		"Clock/Owned gives the new owner"}, nil},
	"index-loses-concurrent-entries": {inRaces, names{"Owned/finds every record that is created at once"},
		names{"Owned/finds every record that is created while", "Owned/gives what is live throughout exactly once while many"}},
	"index-by-prefix":   {atEdges, names{"Owned/tells owners apart"}, nil},
	"index-folds-case":  {atEdges, names{"Owned/tells owners apart"}, nil},
	"index-trims-owner": {atEdges, names{"Owned/tells owners apart"}, nil},
	"index-ends-with-the-newest": {atExpiry, names{"Owned/still finds a record when one that ends sooner has ended",
		"Clock/Owned gives what is live"}, nil},
	"index-loses-replaced": {always, names{"Owned/still finds a record after Replace"}, names{"Owned/gives what is live throughout"}},
	"index-takes-refused":  {always, names{"Owned/still finds a record after a refused change"}, nil},
	"index-of-nobody":      {atEdges, names{"Owned/of the owner of anonymous"}, nil},

	"sweep-a-nanosecond-early":         {atExpiry, names{"Clock/Sweep takes nothing one nanosecond before"}, nil},
	"sweep-with-the-second-rounded-up": {atExpiry, names{"Clock/Sweep takes nothing one nanosecond before"}, nil},
	"sweep-a-nanosecond-late":          {atExpiry, names{"Clock/Sweep takes a record at Expires"}, names{"Clock/Sweep"}},
	"sweep-by-its-own-clock":           {atExpiry, names{"Clock/Sweep takes a record at Expires"}, names{"Clock/Sweep"}},
	"sweep-over-limit": {atEdges, names{"Sweep/takes at most the limit", "Clock/Sweep deletes everything"},
		names{"Sweep/", "Clock/Sweep"}},
	"sweep-one-batch-only": {atEdges, names{"Sweep/takes at most the limit", "Clock/Sweep deletes everything"},
		names{"Sweep/takes", "Sweep/may run"}},
	"sweep-everything":  {always, names{"Sweep/takes what has expired and leaves", "Sweep/of a store with nothing expired"}, names{"Sweep/"}},
	"sweep-looks-first": {inRaces, names{"Sweep/never takes what is created", "Clock/Sweep never takes what is touched"}, names{"Clock/Sweep never"}},

	"stat-counts-nothing":   {always, names{"Stat/figures grow"}, names{"Stat/of"}},
	"stat-below-range":      {always, names{"Stat/figures are −1 or more"}, nil},
	"stat-all-anonymous":    {always, names{"Stat/figures grow"}, names{"Stat/of Anonymous"}},
	"stat-bytes-of-records": {always, names{"Stat/of Bytes"}, nil},
	"stat-hides-refusals":   {atEdges, names{"Full/store counts what it refuses"}, nil},
	"stat-counts-writes":    {always, names{"Stat/of Records stays"}, nil},

	"watch-hides-deletions": {always, names{"Watch/reports every change"}, names{"Watch/reports a record that is created again", "Watch/lets several"}},
	"watch-hides-loss":      {inRaces, names{"Watch/that is slow"}, nil},
	"watch-in-pairs-reversed": {always, names{"Watch/reports every change in order", "Watch/keeps the order"},
		names{"Watch/"}},
	"watch-in-goroutines":      {inRaces, names{"Watch/calls back one at a time"}, nil},
	"watch-ends-without-error": {atEdges, names{"Watch/ends with the error of its context", "Context/that is cancelled is the error"}, names{"Context/that is past"}},
	"watch-reports-late":       {inRaces, names{"Watch/keeps the order of each ID"}, names{"Watch/"}},
	"watch-reports-failures":   {always, names{"Watch/reports nothing for a call that changes nothing"}, nil},
	"watch-blocks-writers":     {inRaces, names{"Watch/that is slow"}, nil},

	"denies-what-works":      {atEdges, names{"Capabilities/that is denied"}, nil},
	"declares-what-it-lacks": {always, names{"Capabilities/that is declared", "List/gives whole records"}, names{"List/"}},

	"full-keeps-what-it-refuses": {atEdges, names{"Full/store keeps nothing"}, names{"Full/store has room", "Full/store stays within"}},
	"full-refuses-replace":       {atEdges, names{"Full/store still replaces"}, nil},
	"full-drops-in-silence":      {atEdges, names{"Full/store refuses a Create"}, names{"Full/store counts"}},
	"full-for-ever":              {atEdges, names{"Full/store has room again"}, names{"Full/store still says ErrExists"}},
	"full-before-exists":         {atEdges, names{"Full/store still says ErrExists"}, nil},
	"limit-looks-first":          {inRaces, names{"Full/store stays within its limit"}, nil},

	"panics-when-closed":       {atEdges, names{"Close/makes every method return", "Close/amid other calls"}, nil},
	"works-when-closed":        {atEdges, names{"Close/makes every method return"}, nil},
	"panics-when-closed-twice": {atEdges, names{"Close/twice"}, nil},
}
