package demo

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the greatest length of a visitor's name in bytes.
const maxName = 64

// checkName finds what is wrong with a name to log in by.
func checkName(name string) error {
	switch {
	case name == "":
		return bad("A name is missing.")
	case len(name) > maxName:
		return bad("That name has %d bytes; at most %d are allowed.", len(name), maxName)
	case !utf8.ValidString(name):
		return bad("A name must be valid UTF-8.")
	case strings.ContainsFunc(name, unprintable):
		return bad("A name may hold no control characters, nor any that cannot be seen.")
	}
	return nil
}

// unprintable reports whether a character could play tricks on a terminal or
// on the text around it.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// loginForm asks for a name.
func (site *Site) loginForm(p *page) error {
	p.title, p.body = "Log in", maxName
	return nil
}

// login makes the visitor the owner of the session.
func (site *Site) login(p *page) (string, error) {
	name := strings.TrimSpace(p.r.PostFormValue("name"))
	if err := checkName(name); err != nil {
		return "", err
	}
	before, was, things := p.s.ID(), p.s.Owner(), inCart.Get(p.s).things()
	p.s.SetPersistent(p.r.PostFormValue("stay") != "")
	if err := p.s.Login(p.ctx(), name); err != nil {
		return "", err
	}
	after := p.s.ID()
	text := fmt.Sprintf("Welcome, %s. Your session is %s.", name, after.Short())
	if !before.IsZero() {
		text = fmt.Sprintf("Welcome, %s. You got a new ticket, for session %s; the old one, for %s, is dead.", name, after.Short(), before.Short())
	}
	switch {
	case was != "" && was != name:
		text += fmt.Sprintf(" What %s had stays behind: another owner starts empty.", was)
	case things > 0:
		text += " Your cart came along."
	}
	p.say(text, fmt.Sprintf("s.Login(ctx, %q)", name))
	return "/", nil
}

// logout destroys the session. It leaves no notice: that would start another.
func (site *Site) logout(p *page) (string, error) {
	return "/goodbye", p.s.Destroy(p.ctx())
}

// goodbye follows a logout.
func (site *Site) goodbye(p *page) error {
	p.title = "Goodbye"
	return nil
}

// enter logs a tool in.
func enter(r *http.Request, v *visitor) (string, error) {
	user, err := v.query.one("user")
	if err != nil {
		return "", err
	}
	if err := checkName(user); err != nil {
		return "", err
	}
	if err := v.s.Login(r.Context(), user); err != nil {
		return "", err
	}
	return line("logged in as %s", user), nil
}

// leave destroys the session of a tool.
func leave(r *http.Request, v *visitor) (string, error) {
	return line("logged out"), v.s.Destroy(r.Context())
}
