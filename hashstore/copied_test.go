package hashstore_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// A copy's index is made anew when it is opened. What is damaged in it is left
// out then, so that Check finds nothing later: the log has to say so.
func TestCopyTellsWhatItLeavesOut(t *testing.T) {
	x := newSpecimen(t)
	for _, owner := range []string{"", "carol"} {
		b := bytes.Clone(x.bytes)
		if at := bytes.LastIndex(b, []byte(owner)); owner != "" {
			b[at] ^= 1
		}
		path := x.path + ".copy" + owner
		must(t, os.WriteFile(path, b, 0o600))
		var log bytes.Buffer
		s, err := hashstore.Open(path, &hashstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), SweepInterval: hashstore.NoSweep})
		must(t, err)
		must(t, s.Close())
		if said := log.String(); owner == "" && said != "" || owner != "" && (!strings.Contains(said, "left out") || !strings.Contains(said, "places=1")) {
			t.Errorf("with a damaged record of %q the log says %q", owner, said)
		}
		if r := sound(t, path); owner != "" && r.Records != len(x.live)-1 {
			t.Errorf("the copy has %d records, want all but one of %d", r.Records, len(x.live))
		}
	}
}
