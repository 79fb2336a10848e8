package manual_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/manual"
)

// TestPage: a page says what help does, and nothing in it is taken for a
// command of man's.
func TestPage(t *testing.T) {
	root := &cobra.Command{Use: "tool", Short: "Do things", Run: func(*cobra.Command, []string) {}}
	cmd := &cobra.Command{
		Use: "do THING", Short: "Do a thing", Run: root.Run,
		Long:    "Do it.\n.SH of it\n\n  a\\b  exact\n  'c'\n\nThe end.",
		Example: "  tool do --hard",
	}
	cmd.Flags().IntP("times", "n", 3, "do it `N` times")
	cmd.Flags().Bool("hard", false, "mind nothing")
	root.AddCommand(cmd)
	page := manual.Page(cmd, &manual.Options{Version: "v1", Sections: []string{"EXIT STATUS", "0 or not"}})
	for _, want := range []string{
		`.TH "TOOL\-DO" 1 "" "coatcheck v1" Coatcheck`,
		".SH NAME\ntool\\-do \\- do a thing\n",
		".SH SYNOPSIS\ntool do THING [flags]\n",
		"\n\\&.SH of it\n.PP\n.nf\n  a\\eb  exact\n  'c'\n.fi\n.PP\nThe end.\n",
		".TP\n.B \\-n, \\-\\-times N\nDo it N times (default 3).\n",
		".TP\n.B \\-\\-hard\nMind nothing.\n",
		".SH \"EXAMPLES\"\n.nf\n  tool do \\-\\-hard\n.fi\n",
		".SH \"EXIT STATUS\"\n0 or not\n",
		".SH SEE ALSO\ntool(1)\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	dir := t.TempDir()
	if n, err := manual.Write(dir, root, nil); n != 2 || err != nil {
		t.Errorf("%d pages, %v", n, err)
	}
	for _, name := range []string{"tool.1", "tool-do.1"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Error(name, err)
		}
	}
	if _, err := manual.Write(filepath.Join(dir, "absent"), root, nil); err == nil {
		t.Error("pages went into a folder that there is not")
	}
}
