package coatcheck_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memstore"
)

// TestNewRecord: a session that another system has kept goes on under its
// token, and ends when it would have.
func TestNewRecord(t *testing.T) {
	store := memstore.New(nil)
	m, err := coatcheck.New(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	token, err := coatcheck.ParseToken(strings.Repeat("x", 42) + "A")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(10 * time.Minute).UTC().Truncate(time.Millisecond)
	rec, err := m.NewRecord(token, "ada", []byte(`{"views":7}`), end)
	if err != nil {
		t.Fatal(err)
	}
	if !rec.Expires.Equal(end) {
		t.Errorf("it ends at %v, want %v", rec.Expires, end)
	}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	s, err := m.Open(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	views := coatcheck.NewKey[int]("views")
	if n := views.Get(s); n != 7 || s.Owner() != "ada" || s.IsNew() {
		t.Errorf("the session has %d views and the owner %q", n, s.Owner())
	}
	if rec, _ := m.NewRecord(token, "", nil, end.Add(1000*time.Hour)); rec == nil || rec.Expires.Sub(rec.Created) != 30*time.Minute || rec.Deadline.Sub(rec.Created) != 2*time.Hour {
		t.Errorf("without an owner, and with an end far away, it is %+v", rec)
	}
}

// TestNewRecordGivesNoLife: a session does not live longer for having moved,
// however much it is used, and it is no fresh login.
func TestNewRecordGivesNoLife(t *testing.T) {
	store := memstore.New(nil)
	m, err := coatcheck.New(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	end := time.Now().Add(10 * time.Minute).UTC().Truncate(time.Millisecond)
	rec, err := m.NewRecord(coatcheck.Token(strings.Repeat("x", 42)+"A"), "ada", nil, end)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if err := store.Touch(t.Context(), rec.ID, end.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := store.Load(t.Context(), rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Expires.After(end) || got.Deadline.After(end) {
		t.Errorf("used, it ends at %v, at the latest at %v, want %v", got.Expires, got.Deadline, end)
	}
	if !got.AuthTime.IsZero() {
		t.Errorf("it says that the owner logged in at %v, which nobody knows", got.AuthTime)
	}
	if n, err := m.DestroyOwner(t.Context(), "ada"); n != 1 || err != nil {
		t.Errorf("DestroyOwner ends %d sessions, %v, want 1", n, err)
	}
}

// TestNewRecordRefuses: what no manager would accept is an error.
func TestNewRecordRefuses(t *testing.T) {
	m, err := coatcheck.New(memstore.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	good := coatcheck.Token(strings.Repeat("x", 42) + "A")
	for name, c := range map[string]struct {
		token coatcheck.Token
		owner string
		data  string
		want  error
	}{
		"a token of another form": {"abc", "", "{}", coatcheck.ErrInvalid},
		"an owner too long":       {good, strings.Repeat("a", 256), "{}", coatcheck.ErrInvalid},
		"data that is no object":  {good, "", "[1]", coatcheck.ErrInvalid},
		"data too large":          {good, "", `{"a":"` + strings.Repeat("a", 64<<10) + `"}`, coatcheck.ErrTooLarge},
	} {
		if _, err := m.NewRecord(c.token, c.owner, []byte(c.data), time.Now()); !errors.Is(err, c.want) {
			t.Errorf("%s: error is %v, want %v", name, err, c.want)
		}
	}
}
