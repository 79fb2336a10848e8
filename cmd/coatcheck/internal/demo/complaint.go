package demo

import (
	"fmt"
	"net/http"
)

// A complaint is an error that its client can mend; the text says how.
type complaint struct {
	status int
	text   string
}

func (c *complaint) Error() string { return c.text }

// bad is a complaint about what the client sent.
func bad(format string, args ...any) error {
	return &complaint{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}
