package demo

import (
	"net/http"
	"strconv"
	"strings"
)

// bigBody is the length of the big answer in bytes.
const bigBody = 8 << 20

// big reads the session and sends a long body, piece by piece.
func (site *Site) big(w http.ResponseWriter, r *http.Request) {
	if _, err := site.receive(r); err != nil {
		decline(w, r, err)
		return
	}
	text(w)
	w.Header().Set("Content-Length", strconv.Itoa(bigBody))
	piece := []byte(strings.Repeat("coats and hats, umbrellas and gloves, all on their own hooks...\n", 512))
	for left := bigBody; left > 0; left -= len(piece) {
		if _, err := w.Write(piece[:min(left, len(piece))]); err != nil {
			return
		}
	}
}
