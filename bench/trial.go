package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
)

// readings is how many read-only requests tryReads makes.
const readings = 100

// maxOwnKeys bounds the numbers of own keys.
const maxOwnKeys = 1000

// ownKey names the key that request i sets.
func ownKey(i int) string { return "own" + strconv.Itoa(i) }

// tryIncrements counts up one number from many requests at once. A library
// may refuse an increment, which loses nothing; the outcome then says how many
// it acknowledged.
func tryIncrements(b booth, conf config) (string, error) {
	var acknowledged atomic.Int64
	err := crowd(conf.crowd, conf.increments, func(int) error {
		status, _, err := b.tab.get(countPage)
		if status == http.StatusOK {
			acknowledged.Add(1)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	after, err := b.tab.want(countPage)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(after)
	if n--; acknowledged.Load() != int64(conf.increments) {
		return fmt.Sprintf("%d (of %d acknowledged)", n, acknowledged.Load()), err
	}
	return strconv.Itoa(n), err
}

// tryOwnKeys sets another key in each of many requests at once.
func tryOwnKeys(b booth, conf config) (string, error) {
	if conf.ownKeys > maxOwnKeys {
		return "", fmt.Errorf("at most %d own keys", maxOwnKeys)
	}
	err := crowd(conf.crowd, conf.ownKeys, func(i int) error {
		_, err := b.tab.want(setPage + "?k=" + ownKey(i) + "&v=own")
		return err
	})
	if err != nil {
		return "", err
	}
	return b.tab.want(ownPage)
}

// slowly lets a slow request read the session, does something else meanwhile,
// and lets it finish. It returns the slow request's status.
func (b booth) slowly(meanwhile func() error) (int, error) {
	type reply struct {
		status int
		err    error
	}
	slow, finished := b.tab.clone(), make(chan reply, 1)
	go func() {
		status, _, err := slow.get(slowPage)
		finished <- reply{status, err}
	}()
	select {
	case read := <-b.gate.entered:
		if read != bareText {
			b.gate.open <- struct{}{}
			<-finished
			return 0, fmt.Errorf("slow request read %q", read)
		}
	case r := <-finished:
		return r.status, fmt.Errorf("slow request did not wait: status %d, %w", r.status, r.err)
	}
	err := meanwhile()
	b.gate.open <- struct{}{}
	r := <-finished
	return r.status, errors.Join(err, r.err)
}

// tryLogout logs out while a slow request is under way, and then tries the
// cookie from before the logout.
func tryLogout(b booth, _ config) (string, error) {
	if _, err := b.tab.want(loginPage + "?user=alice"); err != nil {
		return "", err
	}
	thief := b.tab.clone()
	if who, err := thief.want(whoPage); err != nil || who != "alice" {
		return "", fmt.Errorf("logged in, but the site sees %q (%v)", who, err)
	}
	var ended bool
	status, err := b.slowly(func() error {
		if _, err := b.tab.clone().want(logoutPage); err != nil {
			return err
		}
		who, err := thief.clone().want(whoPage)
		ended = who == ""
		return err
	})
	if err != nil {
		return "", err
	}
	who, err := thief.want(whoPage)
	return outcome(ended, who == "alice", status, "logout does not end it"), err
}

// tryRenewal renews the session while a slow request is under way, and then
// tries the old cookie.
func tryRenewal(b booth, _ config) (string, error) {
	thief := b.tab.clone()
	var supported, ended bool
	status, err := b.slowly(func() error {
		code, body, err := b.tab.clone().get(renewPage)
		if err != nil || code == http.StatusNotImplemented {
			return err
		}
		if code != http.StatusOK {
			return fmt.Errorf("%s: %d %s", renewPage, code, body)
		}
		supported = true
		name, err := thief.clone().want(getPage + "?k=name")
		ended = name == ""
		return err
	})
	if err != nil {
		return "", err
	}
	if !supported {
		return "no renewal", nil
	}
	name, err := thief.want(getPage + "?k=name")
	return outcome(ended, name == bareText, status, "renewal does not end it"), err
}

// outcome words what became of a session that should have ended: whether it
// did before the slow request finished, whether it lives after that, and what
// the slow request was told.
func outcome(ended, lives bool, slowStatus int, never string) string {
	switch {
	case !ended:
		return "yes (" + never + ")"
	case lives:
		return "yes"
	case slowStatus == http.StatusOK:
		return "no"
	}
	return fmt.Sprintf("no (the slow one gets %d)", slowStatus)
}

// tryReads reads a session and counts what is written.
func tryReads(b booth, _ config) (string, error) {
	before := b.writes.Load()
	if before == 0 && !b.lib.client {
		return "", errors.New("the beginning of the session was not counted as a write")
	}
	for range readings {
		if name, err := b.tab.want(readPage); err != nil || name != bareText {
			return "", fmt.Errorf("%s replies %q (%v)", readPage, name, err)
		}
	}
	return strconv.FormatInt(b.writes.Load()-before, 10), nil
}

// tryFlush begins a session in a handler that flushes before it writes.
func tryFlush(b booth, _ config) (string, error) {
	if _, err := b.fresh.want(flushPage); err != nil {
		return "", err
	}
	if !b.fresh.hasCookie() {
		return "cookie lost", nil
	}
	return keptOrLost(b.fresh, "flushed", "ok", "change lost")
}

// tryLate changes a session after part of the body has left.
func tryLate(b booth, _ config) (string, error) {
	if _, err := b.tab.want(latePage); err != nil {
		return "", err
	}
	return keptOrLost(b.tab, "late", "kept", "lost")
}

// keptOrLost reads a key back in another request.
func keptOrLost(t *tab, key, kept, lost string) (string, error) {
	value, err := t.want(getPage + "?k=" + key)
	if value != "1" {
		kept = lost
	}
	return kept, err
}

// isNumber reports whether text is a whole number.
func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}
