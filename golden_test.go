package coatcheck_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/coatchecktest"
	"github.com/coatcheck/coatcheck/memstore"
)

// Golden files hold what earlier versions stored. Whoever changes a format
// makes a new version of it and adds files; these stay as they are.
var goldenUpdate = flag.Bool("update", false, "write the golden files anew")

// goldenStart is when the golden sessions began.
const goldenStart = 1_700_000_000_000

type goldenCart struct {
	Items []string
	Gift  *bool `json:",omitempty"`
}

var (
	goldenNote  = coatcheck.NewKey[string]("note")
	goldenViews = coatcheck.NewKey[int]("views")
	goldenOld   = coatcheck.NewKey[bool]("é \"old\"")
	goldenItems = coatcheck.NewKey[goldenCart]("cart")
)

// A goldenHouse is a manager whose clock stands still.
type goldenHouse struct {
	*coatcheck.Manager
	store *coatchecktest.Store
	clock *coatchecktest.Clock
	token coatcheck.Token // of the last visit's session
}

func newGoldenHouse(t *testing.T) *goldenHouse {
	t.Helper()
	h := &goldenHouse{clock: coatchecktest.NewClock(time.UnixMilli(goldenStart))}
	h.store = coatchecktest.NewStore(memstore.New(&memstore.Options{Now: h.clock.Now}))
	h.open(t, &coatcheck.Options{DeviceLabel: (*http.Request).UserAgent})
	return h
}

// open gives the house a manager with these options.
func (h *goldenHouse) open(t *testing.T, opts *coatcheck.Options) {
	t.Helper()
	opts.Now, opts.SweepInterval, opts.Logger = h.clock.Now, coatcheck.NoSweep, slog.New(slog.DiscardHandler)
	m, err := coatcheck.New(h.store, opts)
	if err != nil {
		t.Fatal(err)
	}
	h.Manager = m
}

// visit runs fn in a request of a browser that calls itself by that name.
func (h *goldenHouse) visit(t *testing.T, browser string, fn func(*coatcheck.Session) error) (id coatcheck.ID) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User-Agent", browser)
	h.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err := coatcheck.FromContext(r.Context())
		if err == nil {
			goldenNote.Set(s, "grüße & <küsse>\u2028")
			goldenViews.Set(s, -7)
			goldenOld.Set(s, true)
			goldenItems.Set(s, goldenCart{Items: []string{"coat", "hat"}})
			err = errors.Join(s.Save(r.Context()), fn(s))
		}
		if err != nil {
			t.Fatal(err)
		}
		id, h.token = s.ID(), s.Token()
	})).ServeHTTP(httptest.NewRecorder(), r)
	return id
}

// goldenRecords are made by the code of today, in every state that a record
// can have.
var goldenRecords = map[string]struct {
	meta coatcheck.Meta
	make func(t *testing.T, h *goldenHouse) coatcheck.ID
}{
	"live": {
		coatcheck.Meta{State: coatcheck.StateLive, Idle: 30 * time.Minute},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			return h.visit(t, "", func(*coatcheck.Session) error { return nil })
		},
	},
	"persistent": {
		coatcheck.Meta{State: coatcheck.StateLive, Idle: 30 * time.Minute, Persistent: true},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			return h.visit(t, "", func(s *coatcheck.Session) error {
				s.SetPersistent(true)
				return s.Login(t.Context(), "ada")
			})
		},
	},
	"device": {
		coatcheck.Meta{State: coatcheck.StateLive, Idle: 30 * time.Minute, Device: "Føx on Linux"},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			return h.visit(t, "Føx on Linux", func(*coatcheck.Session) error { return nil })
		},
	},
	"address": {
		coatcheck.Meta{State: coatcheck.StateLive, Idle: 30 * time.Minute, Device: "Fox", Parts: "\x01\x0c192.0.2.0/24"},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			h.open(t, &coatcheck.Options{DeviceLabel: (*http.Request).UserAgent, AddressLabel: coatcheck.TruncatedAddress(nil)})
			return h.visit(t, "Fox", func(*coatcheck.Session) error { return nil })
		},
	},
	"remembered": {
		coatcheck.Meta{State: coatcheck.StateLive, Idle: 14 * 24 * time.Hour, Persistent: true, Parts: "\x04\x01\x01"},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			h.open(t, &coatcheck.Options{PersistentIdleTimeout: 14 * 24 * time.Hour, PersistentAbsoluteTimeout: 30 * 24 * time.Hour})
			return h.visit(t, "", func(s *coatcheck.Session) error {
				s.SetPersistent(true)
				return s.Login(t.Context(), "ada")
			})
		},
	},
	"stub": {
		coatcheck.Meta{State: coatcheck.StateStub, Idle: coatcheck.NoTimeout},
		func(t *testing.T, h *goldenHouse) (old coatcheck.ID) {
			h.visit(t, "", func(s *coatcheck.Session) error {
				old = s.ID()
				return s.Login(t.Context(), "ada")
			})
			return old
		},
	},
	"tomb": {
		coatcheck.Meta{State: coatcheck.StateTomb, Idle: coatcheck.NoTimeout},
		func(t *testing.T, h *goldenHouse) (old coatcheck.ID) {
			// A tomb is deleted as soon as it stands.
			h.store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
				if op == coatchecktest.OpDelete {
					return errors.New("not now")
				}
				return nil
			}
			h.visit(t, "", func(s *coatcheck.Session) error {
				old = s.ID()
				return s.Destroy(t.Context())
			})
			return old
		},
	},
	"mark": {
		coatcheck.Meta{State: coatcheck.StateMark, Idle: coatcheck.NoTimeout},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			h.store.Before = func(_ context.Context, op coatchecktest.Op, _ coatcheck.ID) error {
				if op == coatchecktest.OpReplace {
					return errLost // so nothing says that it is done
				}
				return nil
			}
			if _, err := h.DestroyOwner(t.Context(), "ada"); err != nil {
				t.Fatal(err)
			}
			return h.MarkID("ada")
		},
	},
	"mark-done": {
		coatcheck.Meta{State: coatcheck.StateMark, Idle: coatcheck.NoTimeout},
		func(t *testing.T, h *goldenHouse) coatcheck.ID {
			if _, err := h.DestroyOwner(t.Context(), "ada"); err != nil {
				t.Fatal(err)
			}
			return h.MarkID("ada")
		},
	},
}

// goldenToken opens the golden sessions; goldenVersion is their version. Real
// ones are drawn at random.
const (
	goldenToken   = coatcheck.Token("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	goldenVersion = 1<<32 | 0xfeedbeef
)

// Today's code writes the records of the golden files, byte for byte.
func TestGoldenRecordsAreWritten(t *testing.T) {
	for name, golden := range goldenRecords {
		t.Run(name, func(t *testing.T) {
			h := newGoldenHouse(t)
			id := golden.make(t, h)
			made, err := h.store.Load(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			// What chance decided is put in place; the seal must fit it.
			rec := *made
			md, reason := coatcheck.OpenMeta(&rec, id)
			if reason != "" {
				t.Fatalf("the record does not open: %s", reason)
			}
			rec.Version = goldenVersion
			if md.State == coatcheck.StateMark {
				rec.Data = append(binary.BigEndian.AppendUint64(nil, goldenVersion), rec.Data[8:]...)
			} else {
				rec.ID = h.ID(goldenToken)
			}
			coatcheck.Seal(&rec, md)
			goldenCompare(t, "record-"+name, goldenFormat(&rec))
		})
	}
}

// Today's code reads the records of the golden files, and writes the same
// bytes again.
func TestGoldenRecordsAreRead(t *testing.T) {
	for name, golden := range goldenRecords {
		t.Run(name, func(t *testing.T) {
			h := newGoldenHouse(t)
			rec := goldenParse(t, "record-"+name)
			md, reason := coatcheck.OpenMeta(rec, rec.ID)
			if reason != "" || md != golden.meta {
				t.Fatalf("opens as %+v, %q, want %+v", md, reason, golden.meta)
			}
			again := *rec
			coatcheck.Seal(&again, md)
			goldenCompare(t, "record-"+name, goldenFormat(&again))
			if err := h.store.Create(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			s, err := h.Open(t.Context(), goldenToken)
			if err != nil {
				t.Fatal(err)
			}
			if live := md.State == coatcheck.StateLive; live == s.IsNew() {
				t.Fatalf("the token opens a session that is new: %v", s.IsNew())
			}
			if md.State == coatcheck.StateLive {
				goldenSession(t, s, golden.meta)
			}
		})
	}
}

// goldenSession checks what a golden session says of itself.
func goldenSession(t *testing.T, s *coatcheck.Session, want coatcheck.Meta) {
	t.Helper()
	cart := goldenItems.Get(s)
	if goldenNote.Get(s) != "grüße & <küsse>\u2028" || goldenViews.Get(s) != -7 || !goldenOld.Get(s) || strings.Join(cart.Items, " ") != "coat hat" || cart.Gift != nil {
		t.Errorf("values %q %d %v %+v", goldenNote.Get(s), goldenViews.Get(s), goldenOld.Get(s), cart)
	}
	i := s.Info()
	if i.Persistent != want.Persistent || i.Device != want.Device || i.Created.UnixMilli() != goldenStart {
		t.Errorf("info %+v, want %+v", i, want)
	}
	if loggedIn := want.Persistent; loggedIn != (s.Owner() == "ada") || loggedIn == s.AuthTime().IsZero() {
		t.Errorf("owner %q since %v", s.Owner(), s.AuthTime())
	}
}

// IDs are derived from tokens as they always were.
func TestGoldenIDs(t *testing.T) { goldenIDs(t, "id", "cc1:", nil) }

// Those of tokens in URLs, too, which are others.
func TestGoldenIDsOfURLs(t *testing.T) {
	goldenIDs(t, "id-url", "cc1u:", coatcheck.InsecureURLCarrier("session"))
}

func goldenIDs(t *testing.T, file, domain string, carrier coatcheck.Carrier) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "# ID = SHA-256(%q name NUL token): name, token, ID\n", domain)
	for _, name := range []string{"id", "shop", "a.b-c_D9", strings.Repeat("n", 64)} {
		m := coatchecktest.NewManager(t, &coatcheck.Options{Name: name, Carrier: carrier})
		for _, token := range []string{string(goldenToken), "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA"} {
			id := m.ID(coatcheck.Token(token))
			if id != sha256.Sum256([]byte(domain+name+"\x00"+token)) {
				t.Errorf("%s: the ID is not the hash that it claims to be", name)
			}
			fmt.Fprintln(&b, name, token, id)
		}
	}
	goldenCompare(t, file, b.Bytes())
}

func goldenPath(name string) string { return filepath.Join("testdata", name+".golden") }

// goldenCompare compares with a golden file, or writes it.
func goldenCompare(t *testing.T, name string, got []byte) {
	t.Helper()
	if *goldenUpdate {
		if err := os.WriteFile(goldenPath(name), got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenPath(name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("today's code writes\n%s\nthe golden file says\n%s", got, want)
	}
}

// goldenFormat writes a record as lines of a name and a value.
func goldenFormat(rec *coatcheck.Record) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "id       %v\n", rec.ID)
	fmt.Fprintf(&b, "owner    %q\n", rec.Owner)
	fmt.Fprintf(&b, "created  %s\n", goldenTime(rec.Created))
	fmt.Fprintf(&b, "authtime %s\n", goldenTime(rec.AuthTime))
	fmt.Fprintf(&b, "deadline %s\n", goldenTime(rec.Deadline))
	fmt.Fprintf(&b, "expires  %s\n", goldenTime(rec.Expires))
	fmt.Fprintf(&b, "version  %d\n", rec.Version)
	fmt.Fprintf(&b, "data     %q\n", rec.Data)
	fmt.Fprintf(&b, "meta     %x\n", rec.Meta)
	return b.Bytes()
}

func goldenTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// goldenParse reads what goldenFormat wrote.
func goldenParse(t *testing.T, name string) *coatcheck.Record {
	t.Helper()
	content, err := os.ReadFile(goldenPath(name))
	if err != nil {
		t.Fatal(err)
	}
	rec, bad := new(coatcheck.Record), error(nil)
	when := func(s string) (at time.Time, err error) {
		if s == "never" {
			return at, nil
		}
		return time.Parse(time.RFC3339Nano, s)
	}
	fields := map[string]func(string) error{
		"id":       func(s string) (err error) { rec.ID, err = coatcheck.ParseID(s); return err },
		"owner":    func(s string) (err error) { rec.Owner, err = strconv.Unquote(s); return err },
		"created":  func(s string) (err error) { rec.Created, err = when(s); return err },
		"authtime": func(s string) (err error) { rec.AuthTime, err = when(s); return err },
		"deadline": func(s string) (err error) { rec.Deadline, err = when(s); return err },
		"expires":  func(s string) (err error) { rec.Expires, err = when(s); return err },
		"version":  func(s string) (err error) { rec.Version, err = strconv.ParseUint(s, 10, 64); return err },
		"data":     func(s string) (err error) { s, err = strconv.Unquote(s); rec.Data = []byte(s); return err },
		"meta":     func(s string) (err error) { rec.Meta, err = hex.DecodeString(s); return err },
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), " ")
		parse := fields[field]
		if parse == nil {
			t.Fatalf("%s: no field %q", name, field)
		}
		bad = errors.Join(bad, parse(strings.TrimSpace(value)))
		delete(fields, field)
	}
	if bad != nil || len(fields) > 0 {
		t.Fatalf("%s: %v, %d fields are missing", name, bad, len(fields))
	}
	return rec
}
