package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// demoFlags are the flags of the demo command.
type demoFlags struct {
	listen         string
	place          place
	certificate    certificate
	idle, absolute time.Duration
	anonymousKeys  string
	remember       time.Duration
	maxSessions    int
	newPerMinute   int
	carrier        string
	rotate         time.Duration
}

// newDemo returns the command that runs the demo site.
func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a small web site that shows sessions at work",
		Long: `Run a small web site that shows sessions at work: a page counter, a login, a
cart, and a list of your own sessions. Open its URL in a browser. Interrupt it
(Ctrl-C) to end it.

Sessions outlive the program: they are in a file in your cache folder, unless
--store says otherwise. Several demos on one store behave as one.

On a loopback address the session cookie works over plain HTTP. With --tls or
--tls-cert, and on any other address, it is a Secure "__Host-" cookie, which
browsers keep over HTTPS only.
With --carrier form the whole site works with cookies disabled: its links are
the buttons of forms. With url the ticket is in the links, and with header
tools send it as "X-Session: TICKET".

Stores:
` + storeTable(),
		Example: `  coatcheck demo
  coatcheck demo --tls
  coatcheck demo --listen 127.0.0.1:0 --idle 2s --absolute 4s
  coatcheck demo --store mem: --anonymous-keys cookie.keys`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd.Flags().Changed("idle")); err != nil {
				return err
			}
			store, err := f.store(cmd)
			if err != nil {
				return judged(err)
			}
			return f.run(cmd.Context(), store, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "listen on `ADDR`, a host and a port; port 0 takes a free one")
	f.certificate.flags(cmd)
	f.place.names(cmd)
	flags.Lookup("store").Usage = "keep the sessions in the store at `URL` (default a hash: file in your cache folder)"
	flags.DurationVar(&f.idle, "idle", 30*time.Minute, "end a session, logged in or not, that was not used for `DUR`")
	flags.DurationVar(&f.absolute, "absolute", 12*time.Hour, "end a session `DUR` after its birth or login, whatever happens")
	flags.StringVar(&f.anonymousKeys, "anonymous-keys", "", "seal the sessions of visitors who are not logged in into their cookies, with the keys in `FILE`, which is made if there is none")
	flags.DurationVar(&f.remember, "remember", 0, "end a session that is to outlive the browser `DUR` after its login, used or not (default as --absolute)")
	flags.IntVar(&f.maxSessions, "max-sessions", 0, "let an account have `N` sessions, and end the oldest at the next login (default any number)")
	flags.IntVar(&f.newPerMinute, "new-per-minute", 0, "let a client begin `N` anonymous sessions a minute in the store (default any number)")
	complete(cmd, "remember", "720h")
	complete(cmd, "max-sessions", "5")
	complete(cmd, "new-per-minute", "60")
	flags.StringVar(&f.carrier, "carrier", "cookie", "carry the sessions' tokens by `WAY`: cookie, header, form or url")
	complete(cmd, "carrier", demo.Carriers()...)
	flags.DurationVar(&f.rotate, "rotate", 0, "give a session that is in use a new token every `DUR` (default never)")
	complete(cmd, "listen", "127.0.0.1:8080", "127.0.0.1:0")
	complete(cmd, "idle", "5m", "30m")
	complete(cmd, "absolute", "1h", "12h")
	complete(cmd, "rotate", "1m", "1h")
	return cmd
}

// store returns the URL of the store. The environment does not count: whoever
// names a store there to look after it wants no visitors of a demo in it.
func (f *demoFlags) store(cmd *cobra.Command) (string, error) {
	if cmd.Flags().Changed("store") {
		return f.place.url, refuseSecret("--store", f.place.url)
	}
	if cmd.Flags().Changed("store-file") {
		return f.place.locate()
	}
	return ownStore()
}

// complete makes the shell offer values for a flag instead of file names.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist, or was completed already
	}
}

// check finds what is wrong with the flags before anything is opened. An idle
// timeout that nobody asked for gives way to a short absolute one.
func (f *demoFlags) check(idleGiven bool) error {
	if !idleGiven {
		f.idle = min(f.idle, max(f.absolute, time.Millisecond))
	}
	switch {
	case f.idle < time.Millisecond:
		return fmt.Errorf("--idle %v: must be 1ms or longer", f.idle)
	case f.absolute < time.Millisecond:
		return fmt.Errorf("--absolute %v: must be 1ms or longer", f.absolute)
	case f.idle > f.absolute:
		return fmt.Errorf("--idle %v is longer than --absolute %v: it would never take effect", f.idle, f.absolute)
	case f.remember != 0 && f.remember < time.Millisecond:
		return fmt.Errorf("--remember %v: must be 1ms or longer", f.remember)
	case f.maxSessions < 0:
		return fmt.Errorf("--max-sessions %d: must be 1 or more", f.maxSessions)
	case f.newPerMinute < 0:
		return fmt.Errorf("--new-per-minute %d: must be 1 or more", f.newPerMinute)
	case !slices.Contains(demo.Carriers(), f.carrier):
		return fmt.Errorf("--carrier %q: what works is %s", f.carrier, strings.Join(demo.Carriers(), ", "))
	case f.rotate != 0 && f.carrier != "cookie":
		return fmt.Errorf("--rotate %v: only cookies rotate, and --carrier is %s", f.rotate, f.carrier)
	case f.rotate != 0 && f.rotate < time.Minute:
		return fmt.Errorf("--rotate %v: must be 1m or longer, or 0 for never", f.rotate)
	}
	if err := f.certificate.check(); err != nil {
		return err
	}
	return checkAddress(f.listen)
}

// run serves the site until ctx is done or the program is told to end.
func (f *demoFlags) run(ctx context.Context, url string, stdout, stderr io.Writer) error {
	given := ctx // which knows an interrupt from an end of the site
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on, a second one kills as usual.
	context.AfterFunc(ctx, stop)

	https, err := f.certificate.config(f.listen)
	if err != nil {
		return failed(exit.With(exit.Failed, err)) // a file that is not there is no store
	}
	store, err := openUntil(given, url, made)
	if err != nil {
		return err
	}
	listener, err := listen(f.listen)
	if err != nil {
		return failed(errors.Join(err, closeStore(store)))
	}
	defer listener.Close()
	if https != nil {
		listener = tls.NewListener(listener, https)
	}
	insecure := https == nil && isLoopback(listener.Addr())
	site, err := f.site(store, insecure, stderr)
	if err != nil {
		return failed(errors.Join(err, closeStore(store)))
	}
	fmt.Fprintf(stdout, "The demo is at %s (Ctrl-C ends it)\n", address(https != nil, f.listen, listener.Addr()))
	if f.certificate.own {
		show.Message(stderr, f.certificate.note(https))
	}
	show.Message(stderr, f.note(insecure, https != nil))
	show.Message(stderr, f.where(url))
	err = serve(ctx, listener, site, stderr, f.certificate.faults(stderr))
	return failed(errors.Join(err, site.Close(), closeStore(store)))
}

// site returns the site on a store. Its manager's warning about the insecure
// cookie is left out, since cookieNote says the same and why.
func (f *demoFlags) site(store coatcheck.Store, insecure bool, stderr io.Writer) (*demo.Site, error) {
	level := new(slog.LevelVar)
	level.Set(slog.LevelError)
	defer level.Set(slog.LevelWarn)
	sealer, err := anonymousSealer(f.anonymousKeys, store)
	if err != nil {
		return nil, err
	}
	return demo.New(store, &demo.Options{
		AnonymousSealer: sealer,
		Carrier:         f.carrier,
		Idle:            f.idle,
		Absolute:        f.absolute,
		Remember:        f.remember,
		MaxSessions:     f.maxSessions,
		NewPerMinute:    f.newPerMinute,
		InsecureCookie:  insecure,
		Unsigned:        f.certificate.own,
		Logger:          slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
		Rotate:          f.rotate,
	})
}

// where says where the sessions are.
func (f *demoFlags) where(url string) string {
	where := "Its sessions are in " + shown(url)
	if f.anonymousKeys != "" {
		where += ", and until a login in the visitors' cookies, by the keys in " + f.anonymousKeys
	}
	return where
}

// note says what travels, and what the address means for it.
func (f *demoFlags) note(insecure, https bool) string {
	if f.carrier == "cookie" {
		return cookieNote(insecure, https)
	}
	note := map[string]string{
		"header": "No cookie is set: a new token is in the header X-Session of an answer, and requests send it in the same.",
		"form":   "No cookie is set: the forms of each page have the token.",
		"url":    "No cookie is set: the links of each page have the token, and whoever sees a URL has the session.",
	}[f.carrier]
	if !insecure && !https {
		note += " Others may reach that address: serve HTTPS (--tls), or put a TLS proxy in front."
	}
	return note
}

// cookieNote says what the address means for the cookie.
func cookieNote(insecure, https bool) string {
	switch {
	case insecure:
		return "Only this machine reaches that address, so the session cookie is the insecure one, which works over plain HTTP."
	case https:
		return "The session cookie is the secure one, named __Host-id."
	}
	return "Others may reach that address, so the session cookie is the secure one, named __Host-id: browsers keep it over HTTPS only. Serve HTTPS (--tls), put a TLS proxy in front, or listen on 127.0.0.1."
}
