package ring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// A cursor is where a page over all members begins: at one of them, behind its
// own cursor. As text it is the member's name, the names of those that did not
// answer before, with tabs between them, and the member's cursor, with blanks
// between the three. Names have neither.
type cursor struct {
	member string
	failed []string
	inner  string
}

func (c cursor) String() string {
	return c.member + " " + strings.Join(c.failed, "\t") + " " + c.inner
}

// parseCursor reads what String wrote for one of these members.
func parseCursor(s string, members []*member) (c cursor, at int, err error) {
	if s == "" {
		return cursor{}, 0, nil
	}
	parts := strings.SplitN(s, " ", 3)
	if len(parts) < 3 {
		return cursor{}, 0, errCursor
	}
	c = cursor{member: parts[0], inner: parts[2]}
	if parts[1] != "" {
		c.failed = strings.Split(parts[1], "\t")
	}
	for _, name := range append([]string{c.member}, c.failed...) {
		i := slices.IndexFunc(members, func(m *member) bool { return m.name == name })
		if i < 0 {
			return cursor{}, 0, errCursor
		}
		if name == c.member {
			at = i
		}
	}
	return c, at, nil
}

// next returns the cursor of the page that follows one of members[at] that
// ended at inner.
func (c cursor) next(members []*member, at int, inner string) string {
	c.inner = inner
	if inner == "" {
		at++
		if at == len(members) {
			return ""
		}
	}
	c.member = members[at].name
	return c.String()
}

var errCursor = fmt.Errorf("ring: %w: the cursor is not one of this method, or its member is no longer here", coatcheck.ErrInvalid)

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("ring: %w: limit is %d; it must be at least 1", coatcheck.ErrInvalid, limit)
	}
	return nil
}
