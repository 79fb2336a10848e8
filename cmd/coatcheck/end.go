package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storeurl"
)

// An end is one of the two stores of a copy. The command line names it by an
// argument, by a file, or not at all if the environment does.
type end struct {
	name     string // FROM or TO
	flag     string // that names a file
	variable string // of the environment
	file     string
	url      string
	given    *pflag.FlagSet
}

// newEnds returns both.
func newEnds() (from, to *end) {
	return &end{name: "FROM", flag: "from-file", variable: "COATCHECK_FROM"}, &end{name: "TO", flag: "to-file", variable: "COATCHECK_TO"}
}

// flags adds the flag that names a file.
func (e *end) flags(cmd *cobra.Command) {
	e.given = cmd.Flags()
	e.given.StringVar(&e.file, e.flag, "", fmt.Sprintf("read the URL of %s, with its password, from `FILE`", e.name))
}

// locate finds the store's URL, and returns the arguments that are left.
func (e *end) locate(args []string) (rest []string, err error) {
	if err := refuseEmpty(e.given, e.flag); err != nil {
		return args, err
	}
	switch {
	case e.file != "":
		e.url, err = readURL(e.file)
		if err != nil {
			err = renamed{err, "--store-file", "--" + e.flag}
		}
		return args, err
	case len(args) > 0:
		e.url = args[0]
		if refuseSecret(e.name, e.url) != nil {
			err = misusef("%s: everybody on this machine can read a password on the command line: write the URL into a file for you only and say --%s FILE, put it into %s, or name the place of the password by password_file=FILE or password_env=NAME in the URL", e.name, e.flag, e.variable)
		}
		return args[1:], err
	}
	if e.url = os.Getenv(e.variable); e.url == "" {
		err = misusef("say which store %s is: by its URL, --%s FILE, or %s in the environment", e.name, e.flag, e.variable)
	}
	return args, err
}

// open opens the store.
func (e *end) open(how opening, limit time.Duration) (coatcheck.Store, error) {
	store, err := openWithin(e.url, how, limit)
	switch {
	case errors.Is(err, storeurl.ErrAbsent):
		return nil, fmt.Errorf("%s: %w", e.name, err)
	case err != nil:
		return nil, renamed{err, "--store", e.name}
	}
	return store, nil
}

// identity names the store for the state of a copy: without a password, which
// may change, and the same from every folder.
func (e *end) identity() string {
	path, local := localPath(e.url)
	if !local {
		return shown(e.url)
	}
	scheme, _, _ := strings.Cut(e.url, ":")
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if table := tableOf(e.url); table != defaultTable {
		path += "?table=" + table // which tells the stores in one file from each other
	}
	return scheme + ":" + path
}

// renamed is an error that names a flag by another name.
type renamed struct {
	error
	from, to string
}

func (r renamed) Error() string { return strings.Replace(r.error.Error(), r.from, r.to, 1) }
func (r renamed) Unwrap() error { return r.error }
