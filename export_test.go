package coatcheck

import (
	"context"
	"time"
	"unsafe"
)

// The parts of the core that have tests of their own. The types are the real
// ones; exported methods on them are only here.
type (
	Lanes   = lanes
	Lane    = lane
	Call    = call
	Touches = touches
	Fields  = fields
	Changes = changes
)

// Bounds, for tests at their edges.
const (
	MaxKeyLen  = maxKeyLen
	MaxDepth   = maxDepth
	MaxTouches = maxTouches
)

// NewLanes makes the lanes of one manager.
func NewLanes() *Lanes { return new(lanes) }

// Enter and Leave are what a save does.
func (ls *lanes) Enter(ctx context.Context, id ID, spare *Lane, timeout time.Duration) (*Lane, error) {
	return ls.enter(ctx, &id, spare, timeout)
}

func (ls *lanes) Leave(l *Lane) { ls.leave(l) }

// Waiting returns how many wait for the lane of id, −1 if there is none.
func (ls *lanes) Waiting(id ID) int {
	sh := ls.shard(&id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if l := sh.find(&id); l != nil {
		return int(l.waiters)
	}
	return -1
}

// Len returns how many lanes exist.
func (ls *lanes) Len() (n int) {
	for i := range ls.shards {
		ls.shards[i].mu.Lock()
		for l := ls.shards[i].first; l != nil; l = l.next {
			n++
		}
		ls.shards[i].mu.Unlock()
	}
	return n
}

// Last is the record that the holders of a lane hand on.
func (l *lane) Last() *Record       { return l.last }
func (l *lane) SetLast(rec *Record) { l.last = rec }

// Begin and End bracket one call to the store.
func (c *call) Begin(parent context.Context, timeout time.Duration) {
	c.begin(parent, sinceStart(), timeout)
}
func (c *call) End() (reusable bool) {
	c.end()
	return !c.spent()
}

// HasTimer reports whether the call made a timer.
func (c *call) HasTimer() bool { return c.alarm.Load() != nil }

// Claim, Release and Len are the memory of touches.
func (t *touches) Claim(id ID, now time.Time, every time.Duration) bool {
	return t.claim(id, now, every)
}
func (t *touches) Release(id ID) { t.release(id) }
func (t *touches) Len() int      { return len(t.young) + len(t.old) }

// TouchEvery is the throttle of touches.
func TouchEvery(idle time.Duration) time.Duration { return touchEvery(idle) }

// Split and SplitJSON index data; Len, Key, Value and Find read the index.
func (f *fields) Split(codec Codec, data []byte, maxKeys int) error {
	return f.split(codec, data, maxKeys)
}
func (f *fields) SplitJSON(data []byte, maxKeys int) error { return f.splitJSON(data, maxKeys) }
func (f *fields) Len() int                                 { return len(f.list) }
func (f *fields) Key(i int) string                         { return f.key(i) }
func (f *fields) Value(i int) []byte                       { return f.value(i) }
func (f *fields) Find(name string) int                     { return f.find(name) }

// Indexes are what a manager remembers of records.
type Indexes = indexes

// Find and Note look an index up and remember one.
func (x *indexes) Find(rec *Record, f *Fields) bool { return x.find(rec, f) }
func (x *indexes) Note(rec *Record, f *Fields)      { x.note(rec, f.list) }

// Knows reports whether m remembers the index of rec.
func (m *Manager) Knows(rec *Record) bool { return m.indexes.find(rec, new(fields)) }

// Set, Delete and Clear record changes.
func (c *changes) Set(name string, value []byte) {
	c.put(change{name: name, value: value, present: true})
}
func (c *changes) Delete(name string) { c.put(change{name: name}) }
func (c *changes) Clear()             { *c = changes{cleared: true} }

// Over, Keys, Size and AppendJSON put them together. AppendJSON also returns
// the index that it makes on the way.
func (c *changes) Over(older *Changes) Changes { return over(*older, *c) }
func (c *changes) Keys(base *Fields) int       { return c.on(base).keys() }
func (c *changes) Size(base *Fields) int       { return c.on(base).size() }
func (c *changes) AppendJSON(base *Fields) (joined []byte, index *Fields) {
	index = new(Fields)
	index.buf, index.list = c.on(base).appendJSON(nil, make([]field, 0, 1))
	return index.buf, index
}
func (c *changes) AppendBy(by Codec, f *Fields) []byte { return c.on(f).appendBy(by) }

func (c *changes) on(base *Fields) *splice {
	return &splice{base: base, c: c, at: c.places(base, nil)}
}

// DecodeFast and EncodeFast are the short cuts past encoding/json.
func DecodeFast[T any](raw []byte) (v T, ok bool) {
	ok = decodeFast(raw, &v)
	return v, ok
}

func EncodeFast[T any](v T) ([]byte, bool) { return encodeFast(nil, &v) }

// Meta is what Record.Meta says.
type Meta struct {
	State      uint8
	Persistent bool
	Idle       time.Duration
	Device     string
	Parts      string // the optional ones, as they are stored
}

// States of a record.
const (
	StateLive = uint8(stateLive)
	StateStub = uint8(stateStub)
	StateTomb = uint8(stateTomb)
	StateMark = uint8(stateMark)
)

// Seal writes md and the checksum into rec.Meta.
func Seal(rec *Record, md Meta) {
	m := meta{state: state(md.State), persistent: md.Persistent, idle: md.Idle, device: []byte(md.Device), parts: metaParts(md.Parts)}
	rec.Meta = m.append(nil, rec.ID)
	seal(rec)
}

// OpenMeta checks and decodes rec.Meta; reason is "" when all is well.
func OpenMeta(rec *Record, id ID) (md Meta, reason string) {
	m, reason := openMeta(rec, id)
	return Meta{uint8(m.state), m.persistent, m.idle, string(m.device), string(m.parts)}, reason
}

// ScanCookies reads Cookie header lines for cookies of one name.
func ScanCookies(name string, lines []string) (tokens []Token, named int, fault string) {
	c := cookieCarrier{name: name}
	found := c.scan(lines)
	return found.tokens[:found.n], found.named, found.fault
}

// MarkID is where the mark of an owner stands.
func (m *Manager) MarkID(owner string) ID { return markID(owner) }

// Followers returns how many functions wait for the end of a call.
func (c *call) Followers() int {
	a := c.alarm.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.after)
}

// The optional parts of a Meta.
type (
	MetaParts = metaParts
	PartTag   = partTag
)

func (p metaParts) Sound() bool                              { return p.sound() }
func (p metaParts) Get(tag partTag) []byte                   { return p.get(tag) }
func (p metaParts) With(tag partTag, value []byte) metaParts { return p.with(tag, value) }

// Flood counts births by budgets.
type Flood = flood

// NewFlood makes what counts for one manager. The options' defaults are not put
// in.
func NewFlood(o *Options) *Flood { return newFlood(o) }

// Spend reports whether a client may begin a session; Size is what its
// counters take.
func (f *flood) Spend(client string, at time.Time) bool { return f.spend(client, true, at) == nil }
func (f *flood) Size() int                              { return int(unsafe.Sizeof(f.clients.rows)) }

// ScanHeader reads a header's lines for the carrier of that name.
func ScanHeader(name string, lines []string) (value string, times int) {
	w, err := HeaderCarrier(name).work(nil)
	if err != nil {
		panic(err)
	}
	return w.(headerWay).scan(lines)
}

// ScanForm reads a form's body, which is a multipart one if it has a boundary.
func ScanForm(field string, body []byte, boundary string) (value string, times int) {
	return formWay{field}.scan(body, boundary)
}

// WithToken is what Session.URL makes of a target, and whether it does.
func WithToken(param, target string, token Token) (string, bool) {
	return urlWay{param}.with(target, token), isLocal(target)
}

// Parts are the optional parts of rec's Meta, which has been checked.
func Parts(rec *Record) MetaParts { return readMeta(rec.Meta).parts }

// SealParts is Seal with these parts.
func SealParts(rec *Record, md Meta, parts MetaParts) {
	m := meta{state: state(md.State), persistent: md.Persistent, idle: md.Idle, device: []byte(md.Device), parts: parts}
	rec.Meta = m.append(nil, rec.ID)
	seal(rec)
}

// Successor is the token that a rotation with this nonce puts in t's place.
func (t Token) Successor(n [16]byte) Token { return t.successor(n) }

// What a rotation leaves and makes.
const (
	StateAlias = uint8(stateAlias)
	PartAlias  = partAlias
	PartTurn   = partTurn
)

// Found makes a look at the session of id find rec.
func (m *Manager) Found(id ID, rec *Record) {
	m.hub.mu.Lock()
	sub := m.hub.subjects[id]
	m.hub.mu.Unlock()
	m.hub.endLook(sub, finding{rec: rec}, true)
}
