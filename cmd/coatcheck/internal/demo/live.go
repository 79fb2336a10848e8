package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/coatcheck/coatcheck"
)

// liveRest is the time between two looks at what a live page shows.
const liveRest = time.Second

// live is a WebSocket. It tells how many views the session has of the home
// page, as {"views": 7}, at first and whenever that changes, and is closed with
// a reason when the session ends. It is no use of the session: an open page
// keeps nobody logged in.
func (site *Site) live(w http.ResponseWriter, r *http.Request) {
	v, err := site.receive(r)
	if err == nil && v.s.IsNew() {
		err = &complaint{http.StatusForbidden, "There is no session to follow."}
	}
	if err != nil {
		decline(w, r, err)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	left := conn.CloseRead(r.Context())
	look := time.NewTicker(liveRest)
	defer look.Stop()
	for told := -1; ; {
		if n := site.viewsNow(left, v.s); n != told {
			if conn.Write(left, websocket.MessageText, fmt.Appendf(nil, `{"views": %d}`, n)) != nil {
				return
			}
			told = n
		}
		select {
		case <-look.C:
		case <-left.Done():
			return
		case <-v.s.Done():
			conn.Close(farewell(v.s.Ended()))
			return
		case <-site.stopping:
			conn.Close(farewell(coatcheck.ErrClosed))
			return
		}
	}
}

// viewsNow returns the count as it is stored now, which the session of the
// request does not see. If that cannot be told, as of a sealed session, it is
// what the request saw.
func (site *Site) viewsNow(ctx context.Context, s *coatcheck.Session) int {
	n := views.Get(s)
	_ = site.manager.Update(ctx, s.ID(), func(now *coatcheck.Session) error {
		n = views.Get(now)
		return nil
	})
	return n
}

// farewell says why a WebSocket is closed. The client's script knows the words.
func farewell(why error) (websocket.StatusCode, string) {
	switch {
	case errors.Is(why, coatcheck.ErrRenewed):
		return websocket.StatusPolicyViolation, "session renewed"
	case errors.Is(why, coatcheck.ErrExpired):
		return websocket.StatusPolicyViolation, "session expired"
	case errors.Is(why, coatcheck.ErrGone):
		return websocket.StatusPolicyViolation, "session destroyed"
	}
	return websocket.StatusGoingAway, "server is ending"
}
