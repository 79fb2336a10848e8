package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
)

// A site is the pages on one library and one backend, a row of the tables.
type site struct {
	name string
	kind string // bareKind, ourKind or peerKind
	open func(place) (http.Handler, error)
}

// What a site is there for.
const (
	bareKind = "bare"
	ourKind  = "ours"
	peerKind = "peer"
)

// sites are the rows of a backend.
func sites(backendName string) []site {
	switch backendName {
	case filesName:
		return []site{
			{"bare, reads the file", bareKind, openBareFiles},
			{"coatcheck, filestore", ourKind, openFilestore},
			{"gorilla, FilesystemStore", peerKind, openGorilla},
		}
	case sqliteName:
		return []site{
			{"bare, database/sql", bareKind, openBareSQL},
			{"coatcheck, sqlstore", ourKind, openSQLStore},
			{"scs, sqlite3store", peerKind, openSCSSQLite},
		}
	case postgresName:
		return []site{
			{"bare, database/sql", bareKind, openBareSQL},
			{"coatcheck, sqlstore", ourKind, openSQLStore},
			{"scs, postgresstore", peerKind, openSCSPostgres},
			{"scs, pgxstore", peerKind, openSCSPgx},
		}
	}
	return []site{
		{"bare, database/sql", bareKind, openBareSQL},
		{"coatcheck, sqlstore", ourKind, openSQLStore},
		{"scs, mysqlstore", peerKind, openSCSMySQL},
	}
}

// A place says where a site keeps its sessions.
type place struct {
	backend
	Site string
	Pool int

	tally *tally // counts what reaches the database; nil: nobody counts
}

// directory makes a directory of the site's own, in a backend of files.
func (p place) directory(name string) (string, error) {
	dir := filepath.Join(p.Source, name)
	return dir, os.MkdirAll(dir, 0o700)
}

// openPlace opens the site of that place.
func openPlace(p place) (http.Handler, error) {
	for _, s := range sites(p.Name) {
		if s.name == p.Site {
			return s.open(p)
		}
	}
	return nil, fmt.Errorf("no site %q on %s", p.Site, p.Name)
}

// serveEnv holds, in the environment of a server process, its place as JSON.
const serveEnv = "COATCHECK_DATABASE_SERVE"

// serveChild is the whole life of a server process.
func serveChild(text string, in io.Reader, out io.Writer) error {
	var p place
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	h, err := openPlace(p)
	if err != nil {
		return err
	}
	return load.Serve(pages.Serve(h), in, out)
}

// startSite starts a server process for a site.
func startSite(p place, conf config, profile string) (*load.Server, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return load.StartServer(conf.pace.Procs, profile, serveEnv+"="+string(text))
}
