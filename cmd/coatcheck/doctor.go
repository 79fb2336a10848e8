package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/bounded"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

// newDoctor returns the command that looks for what may go wrong.
func newDoctor() *cobra.Command {
	var p place
	var file string
	cmd := &cobra.Command{
		Use:     "doctor",
		GroupID: groupKeep,
		Short:   "Find what may go wrong",
		Long: `Look at what surrounds a store and find what may cost sessions, or show them to
others: whether it answers and how fast, settings of its servers, clocks, rights
of its files, its table; of a ring, all that of each member; and, with --config,
what a configuration file for package config contradicts or lays open. Then the
store is that of the file, unless another one is named. Nothing is changed, except
that a hash: file that is a copy, or was open when its machine stopped, is mended
as it is opened, as by every command but check: that one looks for damage within
a store.

The exit code is 1 if there is a problem or a warning, 3 if there is no store, or
none of a ring's; notes are no reason.`,
		Example: `  coatcheck doctor -s redis://localhost
  coatcheck doctor --config /etc/shop/sessions.json --json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&file, "config", "", "look at the configuration `FILE`, too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d := &diagnosis{printer: newPrinter(cmd), place: &p}
		return judged(errors.Join(d.run(cmd.Context(), file), d.printer.Flush()))
	}
	return cmd
}

// How bad a finding is.
const (
	fine    = "ok"
	note    = "note"
	warning = "warning"
	problem = "problem"
)

// A finding is one line of the result.
type finding struct {
	Severity string `json:"severity"`
	About    string `json:"about"`
	Text     string `json:"text"`
}

// A diagnosis is one run of the doctor.
type diagnosis struct {
	printer *show.Printer
	place   *place
	found   []finding
	ring    ringDiagnosis
}

// add adds a finding.
func (d *diagnosis) add(severity, about, format string, args ...any) {
	d.found = append(d.found, finding{severity, about, fmt.Sprintf(format, args...)})
}

// run looks at everything, and prints what was found.
func (d *diagnosis) run(ctx context.Context, file string) error {
	if err := d.place.check(); err != nil {
		return err
	}
	url := ""
	if file != "" {
		var err error
		if url, err = d.config(file); err != nil {
			return err
		}
	}
	if d.place.url != "" || d.place.file != "" || file == "" {
		var err error
		if url, err = d.place.locate(); err != nil {
			return err
		}
	}
	if d.place.file != "" {
		d.rights("store-file", d.place.file)
	}
	if url != "" {
		if err := d.store(ctx, url); err != nil {
			return err
		}
	}
	return d.print()
}

// config looks at a configuration file, and returns the URL of its store if it
// has one.
func (d *diagnosis) config(file string) (url string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--config: %w", err)
	}
	c, err := config.Parse(file, text, newMux())
	if err != nil {
		d.add(problem, "config", "%s", strings.TrimPrefix(err.Error(), "config: "))
		return "", nil
	}
	before := len(d.found)
	d.rights("config", file)
	d.options(&c.Options)
	if len(d.found) == before {
		d.add(fine, "config", "%s contradicts nothing", file)
	}
	if url = storeOf(text); url == "" {
		d.add(note, "config", "its store is no URL: name it by --store to have it looked at")
	}
	return url, nil
}

// options looks at settings that are allowed, and not always meant.
func (d *diagnosis) options(o *coatcheck.Options) {
	if o.InsecureCookie {
		d.add(warning, "config", "insecure_cookie: the cookie travels without encryption, where everybody on the way can take it: use HTTPS")
	}
	if o.Cookie.Domain != "" {
		d.add(warning, "config", "cookie.domain: every host below %s gets the cookie, and can set it: leave it out unless all are yours", o.Cookie.Domain)
	}
	if o.AbsoluteTimeout == coatcheck.NoTimeout {
		d.add(warning, "config", "absolute_timeout: a stolen session that is used lives for ever: set one")
	}
	if o.SweepInterval == coatcheck.NoSweep {
		d.add(note, "config", "sweep_interval: nobody deletes what has expired, unless coatcheck sweep does")
	}
	if limit := 10 * time.Second; o.StoreTimeout > limit {
		d.add(warning, "config", "store_timeout: requests wait up to %v for a store that is down: a few seconds are enough", o.StoreTimeout)
	}
}

// store looks at a store.
func (d *diagnosis) store(ctx context.Context, url string) error {
	source, err := parseStore(url, asItIs)
	if err != nil {
		return misuse{err}
	}
	scheme := source.Scheme()
	if path, ok := filesOf(url); ok {
		if _, err := os.Stat(path); err == nil {
			d.files(scheme, path)
		}
	}
	if scheme == "ring" {
		if whole, err := d.members(ctx, source); err != nil || !whole {
			return err
		}
	}
	store, err := openWithin(url, asItIs, d.place.timeout)
	if m := (misuse{}); errors.As(err, &m) || errors.Is(err, storeurl.ErrAbsent) {
		return err
	}
	if err != nil {
		d.add(problem, "store", "it cannot be opened: %s", strings.TrimPrefix(oneLine(err), "--store: "))
		return nil
	}
	x := &examination{diagnosis: d, scheme: scheme, raw: store, store: bounded.New(store, d.place.timeout)}
	x.examine(ctx)
	return errors.Join(ctx.Err(), closeStore(store))
}

// print prints the findings, and sums them up.
func (d *diagnosis) print() error {
	t := d.printer.Table(show.Column{Head: "SEVERITY"}, show.Column{Head: "ABOUT"}, show.Column{Head: "FINDING", Prose: true})
	bad := 0
	for _, f := range d.found {
		f.Text = show.Line(f.Text)
		var err error
		if f.Severity == warning || f.Severity == problem {
			bad++
		}
		if d.printer.JSON {
			err = d.printer.Line(f)
		} else {
			err = t.Row(f.Severity, f.About, f.Text)
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(t.Flush(), d.printer.Flush()); err != nil {
		return err
	}
	if bad > 0 {
		return d.ring.verdict(fmt.Errorf("%s to look after", show.Plural(int64(bad), "thing")))
	}
	return nil
}
