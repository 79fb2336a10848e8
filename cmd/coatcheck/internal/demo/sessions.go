package demo

import (
	"cmp"
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
}

// Others reports whether there is another session than this one.
func (b sessionsBody) Others() bool { return len(b.All) > 1 }

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
	for info, err := range site.manager.Sessions(p.ctx(), owner) {
		if err != nil {
			return err
		}
		if info.ID == body.This {
			continue
		}
		if len(body.All) == maxListed {
			body.More = true
			break
		}
		body.All = append(body.All, info)
	}
	slices.SortFunc(body.All[1:], lastUsedFirst)
	p.saw(fmt.Sprintf("manager.Sessions(ctx, %q)", owner), fmt.Sprintf("%s found by owner, without reading anybody else’s.", several(len(body.All), "session")))
	p.body = body
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
	own, err := site.owns(p, id)
	if err != nil {
		return "", err
	}
	if !own {
		return "", &complaint{http.StatusNotFound, "You have no such session; it may have ended already."}
	}
	// A session never changes its owner, so what was found stays true.
	if err := site.manager.Destroy(p.ctx(), id); err != nil {
		return "", err
	}
	p.say(fmt.Sprintf("Session %s has ended. Its ticket opens nothing any more.", id.Short()), "manager.Destroy(ctx, id)")
	return "/sessions", nil
}

// owns reports whether a session is one of the visitor's own.
func (site *Site) owns(p *page, id coatcheck.ID) (bool, error) {
	if p.s.Owner() == "" {
		return false, nil
	}
	for info, err := range site.manager.Sessions(p.ctx(), p.s.Owner()) {
		if err != nil || info.ID == id {
			return err == nil, err
		}
	}
	return false, nil
}

// revokeOthers ends all of the visitor's sessions but this one.
func (site *Site) revokeOthers(p *page) (string, error) {
	owner := p.s.Owner()
	if owner == "" {
		return "", &complaint{http.StatusForbidden, "Log in first: an anonymous visitor has no other sessions."}
	}
	n, err := site.manager.DestroyOwner(p.ctx(), owner, p.s.ID())
	if err != nil {
		return "", err
	}
	p.say(fmt.Sprintf("%s ended. This is your only session now.", several(n, "other session")),
		fmt.Sprintf("manager.DestroyOwner(ctx, %q, s.ID())", owner))
	return "/sessions", nil
}
