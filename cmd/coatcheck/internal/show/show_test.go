package show_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

func TestCase58ControlCharactersAreEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"ada": "ada", "": "", "日本 x": "日本 x", "a b": "a b",
		"\x1b[31m": `\x1b[31m`, "a\nb\tc": `a\nb\tc`, `back\slash`: `back\\slash`,
		"\u009b2J": `\u009b2J`, "\u202eabc": `\u202eabc`, "\u2028": `\u2028`, "\x00": `\x00`,
		"\xff\xfeab": `\xff\xfeab`, "\ufffd": "\ufffd", "\U000e0001": `\U000e0001`,
	} {
		if got := show.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := show.Line(`C:\x` + "\x1b"); got != `C:\x\x1b` {
		t.Errorf("Line leaves %q", got)
	}
	line, err := show.JSON(json.RawMessage("{\"\x9b2J\": \"\xff\u009b\ufffd\"}"))
	if want := `{"\ufffd2J":"\ufffd\u009b\ufffd"}`; err != nil || string(line) != want {
		t.Errorf("JSON leaves %q, %v; want %q", line, err, want)
	}
	for in, want := range map[string]string{"": "-", "-": `"-"`, "ada": "ada", "\r": `\r`} {
		if got := show.Owner(in); got != want {
			t.Errorf("Owner(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzText: whatever it is given, what comes out is printable, and different for
// different texts; as JSON it is printable, too, and says the same.
func FuzzText(f *testing.F) {
	f.Add("ada", "a\x1bb")
	f.Add(`\x1b`, "\x1b")
	f.Add("\u202e", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := show.Text(a), show.Text(b)
		if a != b && x == y {
			t.Errorf("%q and %q both show as %q", a, b, x)
		}
		line, err := show.JSON(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{x, string(line)} {
			if strings.ContainsFunc(out, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e }) {
				t.Errorf("%q shows as %q", a, out)
			}
		}
		var back string
		if err := json.Unmarshal(line, &back); err != nil || utf8.ValidString(a) && back != a {
			t.Errorf("%q is %s in JSON, which says %q, %v", a, line, back, err)
		}
	})
}

func TestUnits(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 10189: "9.95 KiB", 10240: "10.0 KiB", 102400: "100 KiB",
		1023 << 10: "1.00 MiB", 1 << 20: "1.00 MiB", 5 << 40: "5.00 TiB", 1 << 62: "4096 PiB",
	} {
		if got := show.Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := show.Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 999 * time.Millisecond: "0s", time.Second: "1s", 119 * time.Second: "1m", 25 * time.Hour: "1d",
		800 * 24 * time.Hour: "2y", -time.Hour: "-1h",
	} {
		if got := show.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for at, want := range map[time.Time]string{
		{}:                              "-",
		now.Add(-time.Hour):             "2026-03-04 04:06:07 (1h ago)",
		now.Add(time.Minute):            "2026-03-04 05:07:07 (in 1m)",
		now.AddDate(8000, 0, 0):         "never",
		now.In(time.FixedZone("", 999)): "2026-03-04 05:06:07 (0s ago)",
	} {
		if got := show.Moment(at, now); got != want {
			t.Errorf("Moment(%v) = %q, want %q", at, got, want)
		}
	}
}

// TestTable: columns stand below each other, whatever script is in them, and
// many rows come out as well as few.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	p := show.New(nil, &out, &out, false, false)
	table := p.Table(show.Column{Head: "ID"}, show.Column{Head: "N", Right: true}, show.Column{Head: "LAST"})
	for _, row := range [][]string{{"a", "1", "x"}, {"日本", "1,000", ""}, {"é", "10", "long text"}} {
		if err := table.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() > 0 {
		t.Error("it wrote before it knew the widths")
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	p.Flush()
	want := "ID        N  LAST\na         1  x\n日本  1,000\né        10  long text\n"
	if got := out.String(); got != want {
		t.Errorf("the table is\n%swant\n%s", got, want)
	}
	out.Reset()
	many := p.Table(show.Column{Head: "X"})
	for range 2000 {
		if err := many.Row("row"); err != nil {
			t.Fatal(err)
		}
	}
	many.Flush()
	many.Flush()
	p.Flush()
	if n := strings.Count(out.String(), "\n"); n != 2001 {
		t.Errorf("%d lines", n)
	}
	out.Reset()
	p.Table(show.Column{Head: "X"}).Flush()
	p.Flush()
	if out.Len() > 0 {
		t.Errorf("an empty table writes %q", out.String())
	}
}

// TestTableFits: on a terminal, lines fit: the widest columns give way, those that
// are to be whole last of all, and prose breaks between words.
func TestTableFits(t *testing.T) {
	id, name := strings.Repeat("0123456789", 3), strings.Repeat("n", 30)
	for _, c := range []struct {
		columns int
		long    show.Column
		want    string
	}{
		{0, show.Column{Least: 10, Whole: true}, id + "  " + name + "  5"},
		{50, show.Column{Least: 10, Whole: true}, id + "  " + name[:14] + "…  5"},
		{43, show.Column{Least: 10, Whole: true}, id + "  " + name[:7] + "…  5"},
		{42, show.Column{Least: 10, Whole: true}, id[:17] + "…  " + name[:18] + "…  5"},
		{20, show.Column{Least: 10, Whole: true}, id[:9] + "…  " + name[:7] + "…"},
		{50, show.Column{Least: 10}, id[:21] + "…  " + name[:22] + "…  5"},
		{50, show.Column{}, id + "  " + name[:14] + "…  5"},
	} {
		var out bytes.Buffer
		p := show.New(nil, &out, &out, false, false).OfWidth(c.columns)
		table := p.Table(c.long, show.Column{Least: 8}, show.Column{Right: true})
		if err := errors.Join(table.Row(id, name, "5"), table.Flush(), p.Flush()); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != c.want {
			t.Errorf("%d columns, %+v: %q, want %q", c.columns, c.long, got, c.want)
		}
	}
	for columns, want := range map[int]string{
		0:  "bad  it is so: do that, and then do that, too\n",
		40: "bad  it is so: do that, and then do\n     that, too\n",
		20: "bad  \n    it is so: do\n    that, and then\n    do that, too\n",
	} {
		var out bytes.Buffer
		p := show.New(nil, &out, &out, false, false).OfWidth(columns)
		table := p.Table(show.Column{}, show.Column{Prose: true})
		if err := errors.Join(table.Row("bad", "it is so: do that, and then do that, too"), table.Flush(), p.Flush()); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestChart(t *testing.T) {
	bars := []show.Bar{{"below 1m", 1000}, {"more", 1}, {"none", 0}}
	if got, want := show.Chart(bars, 32, true), "below 1m  1,000  ###############\n    more      1  #\n    none      0\n"; got != want {
		t.Errorf("plain\n%swant\n%s", got, want)
	}
	if got, want := show.Chart(bars, 32, false), "below 1m  1,000  ███████████████\n    more      1  ▏\n    none      0\n"; got != want {
		t.Errorf("drawn\n%swant\n%s", got, want)
	}
}

func TestLog(t *testing.T) {
	var out bytes.Buffer
	log := show.NewLog(&out)
	l := slog.New(log).With("who", "a\x1b")
	l.Info("not this")
	l.Warn("something is wrong", "n", 3)
	if got, want := out.String(), "coatcheck: warn: something is wrong (who a\\x1b, n 3)\n"; got != want || log.Count() != 1 {
		t.Errorf("it wrote %q, %d lines; want %q", got, log.Count(), want)
	}
	for _, id := range []coatcheck.ID{{1}, {2}, {1}} {
		l.Warn("a session is damaged", "id", id)
	}
	if log.Count() != 4 || log.Sessions() != 2 {
		t.Errorf("%d lines about %d sessions, want 4 about 2", log.Count(), log.Sessions())
	}
}

// TestNobodyToAsk: without a terminal, nothing is asked.
func TestNobodyToAsk(t *testing.T) {
	var out bytes.Buffer
	p := show.New(strings.NewReader("y\n"), &out, &out, false, false)
	if err := p.Confirm(t.Context(), false, "Really?"); err != show.ErrNobody || out.Len() > 0 {
		t.Errorf("%v, and %q was written", err, out.String())
	}
	if err := p.Confirm(t.Context(), true, "Really?"); err != nil {
		t.Error(err)
	}
	g := p.Progress("Working", 10)
	g.Add(5)
	g.Note("well")
	g.Done()
	if out.Len() > 0 {
		t.Errorf("progress where there is no terminal: %q", out.String())
	}
}

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		values  []int64
		columns int
		want    string
	}{
		{nil, 5, ""}, {[]int64{0, 0}, 5, "▁▁"}, {[]int64{0, 7, 14}, 5, "▁▄█"}, {[]int64{99, 1, 2}, 2, "▄█"}, {[]int64{-1, 1}, 0, ""},
	} {
		if got := show.Spark(c.values, c.columns); got != c.want {
			t.Errorf("%v in %d columns: %q, want %q", c.values, c.columns, got, c.want)
		}
	}
}

// TestWrap: what a terminal is told breaks between words, and elsewhere nothing
// breaks.
func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 12, "one two\nthree"},
		{"one two three", 3, "one\ntwo\nthree"},
		{"--after cursor", 4, "--after\ncursor"},
		{"日本 日本", 5, "日本\n日本"},
		{"a  b", 4, "a  b"},
		{"one two\n\nthree four", 8, "one two\n\nthree\nfour"},
	} {
		if got := show.Wrap(c.text, c.columns); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
