package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/storeurl"
)

// storeVariable names the store where no flag does.
const storeVariable = "COATCHECK_STORE"

// defaultTimeout is how long a store may take to answer one call.
const defaultTimeout = 10 * time.Second

// A place is where a command's store is, as its flags say it.
type place struct {
	url, file string
	timeout   time.Duration
	expired   bool // what has expired is listed, too
	given     *pflag.FlagSet
}

// flags adds the flags that name a store to cmd.
func (p *place) flags(cmd *cobra.Command) {
	p.names(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&p.timeout, "timeout", defaultTimeout, "let the store take `DUR` for each answer")
	complete(cmd, "timeout", "2s", "10s", "1m")
}

// names adds those flags that say where it is.
func (p *place) names(cmd *cobra.Command) {
	flags := cmd.Flags()
	p.given = flags
	flags.StringVarP(&p.url, "store", "s", "", "the store's `URL`, such as hash:FILE")
	flags.StringVar(&p.file, "store-file", "", "read the URL, with its password, from `FILE`")
	completeStore(cmd)
	cmd.MarkFlagsMutuallyExclusive("store", "store-file")
}

// completeStore makes the shell offer the names of stores. What follows a name
// is up to who types it, so no space comes behind it.
func completeStore(cmd *cobra.Command) {
	offer := func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return offerStores(begun)
	}
	if err := cmd.RegisterFlagCompletionFunc("store", offer); err != nil {
		panic(err) // the flag does not exist, or was completed already
	}
}

// offerStores returns the names of stores that begin so.
func offerStores(begun string) (names []string, _ cobra.ShellCompDirective) {
	for _, s := range newMux().Schemes() {
		if strings.HasPrefix(s.Name+":", begun) {
			names = append(names, s.Name+":\t"+s.Gist)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// locate returns the store's URL.
func (p *place) locate() (string, error) {
	if err := refuseEmpty(p.given, "store", "store-file"); err != nil {
		return "", err
	}
	switch {
	case p.url != "":
		return p.url, refuseSecret("--store", p.url)
	case p.file != "":
		return readURL(p.file)
	}
	if url := os.Getenv(storeVariable); url != "" {
		return url, nil
	}
	return "", misusef("say which store: --store URL, --store-file FILE, or %s in the environment", storeVariable)
}

// refuseEmpty returns an error if one of the flags was given an empty value, as by
// a script whose variable is not set: what the environment names instead may be
// quite another store.
func refuseEmpty(flags *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		if f := flags.Lookup(name); f.Changed && f.Value.String() == "" {
			return misusef("--%s: it is empty; leave it out, or say what it is", name)
		}
	}
	return nil
}

// readURL reads a URL from a file: its first line that is neither empty nor a
// comment.
func readURL(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--store-file: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", line[0] == '#':
			continue
		case !strings.Contains(line, ":"): // a password's own file, perhaps
			return "", misusef("--store-file %s: there is no URL in it, such as hash:FILE; what there is may be a secret, and is not shown", file)
		}
		return line, nil
	}
	return "", misusef("--store-file %s: there is no URL in it", file)
}

// check finds what is wrong with the flags.
func (p *place) check() error {
	if p.timeout <= 0 {
		return misusef("--timeout %v: must be above 0", p.timeout)
	}
	return nil
}

// open opens the store.
func (p *place) open(how opening) (url string, store coatcheck.Store, err error) {
	if err := p.check(); err != nil {
		return "", nil, err
	}
	if url, err = p.locate(); err != nil {
		return "", nil, err
	}
	if p.expired && how == asItIs {
		how = timeless
	}
	store, err = openWithin(url, how, p.timeout)
	return url, store, err
}

// openWithin opens a store, and gives up after limit.
func openWithin(url string, how opening, limit time.Duration) (coatcheck.Store, error) {
	return within(url, limit, func() (coatcheck.Store, error) {
		store, err := openStore(url, how)
		if f := (*failure)(nil); err != nil && !errors.As(err, &f) {
			err = misuse{err}
		}
		return store, err
	})
}

// within returns what open does, unless it takes longer than limit.
func within(url string, limit time.Duration, open func() (coatcheck.Store, error)) (coatcheck.Store, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	store, opened, err := openBefore(ctx, open)
	if opened {
		return store, err
	}
	if _, local := localPath(url); local {
		return nil, lockedFor(shown(url), limit)
	}
	return nil, exit.With(exit.Unreachable, fmt.Errorf("%s did not open within %v: is it reachable?", shown(url), limit))
}

// openBefore returns what open does, unless ctx is done first: a server may take its
// time, and what holds a file locked may hold it for ever.
func openBefore(ctx context.Context, open func() (coatcheck.Store, error)) (store coatcheck.Store, opened bool, err error) {
	type result struct {
		store coatcheck.Store
		err   error
	}
	results := make(chan result, 1)
	go func() {
		store, err := open()
		results <- result{store, err}
	}()
	select {
	case r := <-results:
		return r.store, true, r.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// localPath returns the path of a store that is a file or a folder. What is no
// URL is none; opening it tells why.
func localPath(url string) (path string, local bool) {
	source, err := newMux().Parse(url)
	if err != nil {
		return "", false
	}
	switch source.Scheme() {
	case "hash", "file", "sqlite":
		path, err = source.Path()
		return path, err == nil && path != ""
	}
	return "", false
}

// refuseSecret returns an error if a URL of the command line has a password.
func refuseSecret(flag, url string) error {
	if _, local := localPath(url); local || !storeurl.HasPassword(url) {
		return nil
	}
	elsewhere := "name the place of the password by password_file=FILE or password_env=NAME in the URL"
	if flag == "--store" {
		elsewhere = fmt.Sprintf("write the URL into a file for you only and say --store-file FILE, put it into %s, or %s", storeVariable, elsewhere)
	}
	return misusef("%s: everybody on this machine can read a password on the command line: %s", flag, elsewhere)
}
