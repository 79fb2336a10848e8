package demo

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/coatcheck/coatcheck"
)

// maxListed is how many of a visitor's sessions the page lists.
const maxListed = 100

// A sessionsBody is what the page "Your sessions" shows.
type sessionsBody struct {
	All  []coatcheck.Info // this one first, then the last used
	This coatcheck.ID
	More bool // there are others that are not listed

	Hidden bool // nobody can tell which others there are
}

// Others reports whether there is, or may be, another session than this one.
func (b sessionsBody) Others() bool { return len(b.All) > 1 || b.Hidden }

// sessions lists the visitor's own sessions.
func (site *Site) sessions(p *page) error {
	p.title = "Your sessions"
	owner := p.s.Owner()
	body := sessionsBody{This: p.s.ID()}
	if owner == "" {
		p.body = body
		return nil
	}
	body.All = append(body.All, p.s.Info())
	seen := false
	for info, err := range site.manager.Sessions(p.ctx(), owner) {
		if errors.Is(err, coatcheck.ErrUnsupported) {
			body.Hidden = true
			break
		}
		if err != nil {
			return err
		}
		if info.ID == body.This {
			seen = true
			continue
		}
		if len(body.All) == maxListed {
			body.More = true
			break
		}
		body.All = append(body.All, info)
	}
	if !seen && !body.Hidden { // of a long list that may only mean that it stands further on
		if err := site.moved(p, &body); err != nil {
			return err
		}
	}
	slices.SortFunc(body.All[1:], lastUsedFirst)
	found := several(len(body.All), "session") + " found by owner, without reading anybody else’s."
	if body.Hidden {
		found = "The store cannot find sessions by owner."
	}
	p.saw(fmt.Sprintf("manager.Sessions(ctx, %q)", owner), found)
	p.body = body
	return nil
}

// moved mends a list without the session that the request came with: another
// request of the same browser has rotated its ticket meanwhile, or has ended it.
// Else it would be listed once more, as if it were another device's.
func (site *Site) moved(p *page, body *sessionsBody) error {
	now, err := site.manager.Open(p.ctx(), p.s.Token())
	switch {
	case err != nil:
		return err
	case now.IsNew():
		return coatcheck.ErrGone
	}
	body.This = now.ID()
	others := slices.DeleteFunc(body.All[1:], func(i coatcheck.Info) bool { return i.ID == body.This })
	body.All = append([]coatcheck.Info{now.Info()}, others...)
	return nil
}

// lastUsedFirst orders a list of sessions.
func lastUsedFirst(x, y coatcheck.Info) int {
	return cmp.Or(y.LastSeen.Compare(x.LastSeen), strings.Compare(x.ID.String(), y.ID.String()))
}

// revoke ends one of the visitor's own sessions.
func (site *Site) revoke(p *page) (string, error) {
	id, err := coatcheck.ParseID(p.r.PostFormValue("id"))
	if err != nil {
		return "", bad("That is no session.")
	}
	if id == p.s.ID() {
		return site.logout(p)
	}
	switch err := p.s.DestroyOther(p.ctx(), id); {
	case errors.Is(err, coatcheck.ErrNotFound), errors.Is(err, coatcheck.ErrInvalid):
		return "", &complaint{http.StatusNotFound, "You have no such session now: it has ended already, or got a new ticket. The list shows what there is."}
	case err != nil:
		return "", err
	}
	p.say(fmt.Sprintf("Session %s has ended. Its ticket opens nothing any more.", id.Short()), "s.DestroyOther(ctx, id)")
	return "/sessions", nil
}

// revokeOthers ends all of the visitor's sessions but this one.
func (site *Site) revokeOthers(p *page) (string, error) {
	owner := p.s.Owner()
	if owner == "" {
		return "", &complaint{http.StatusForbidden, "Log in first: an anonymous visitor has no other sessions."}
	}
	n, err := p.s.DestroyOthers(p.ctx())
	if err != nil {
		return "", err
	}
	ended := several(n, "other session")
	if n == 0 && site.hides(p, owner) {
		ended = "Every other session"
	}
	p.say(ended+" ended. This is your only session now.",
		"s.DestroyOthers(ctx)")
	return "/sessions", nil
}

// hides reports whether the store cannot tell which sessions an owner has.
func (site *Site) hides(p *page, owner string) bool {
	for _, err := range site.manager.Sessions(p.ctx(), owner) {
		return errors.Is(err, coatcheck.ErrUnsupported)
	}
	return false
}
