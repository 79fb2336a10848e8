package storeurl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/filestore"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/memstore"
)

// ringScheme is the name of the scheme of rings.
const ringScheme = "ring"

// builtin are the schemes that every Mux has. Each option of a store has its
// parameter.
func builtin() []Scheme {
	return []Scheme{
		{
			Name: "mem", Gist: "in memory, gone when the program ends", Check: checkMem, Open: openMem,
			Params: []Param{
				{Name: "max_sessions", Kind: Int, Words: []string{off}, Doc: "how many sessions there may be (100000)"},
				{Name: "max_bytes", Kind: Size, Words: []string{off}, Doc: "memory that they may take (256MiB)"},
				{Name: "anonymous_share", Kind: Fraction, Doc: "part of both that anonymous sessions may take (0.5)"},
				{Name: "snapshot", Doc: "file that keeps the sessions over a restart"},
				{Name: "snapshot_interval", Kind: Duration, Words: []string{off}, Doc: "time between two snapshots (1m); off: only at the end"},
			},
		},
		{
			Name: "hash", Form: "FILE", Gist: "one file, shared by all programs of this machine that name it", Check: checkPath, Open: openHash,
			Params: []Param{
				{Name: "durability", Kind: Duration, Words: []string{"none", "always"}, Doc: "what a power cut may cost: all, nothing, or what so long a time brought (1s)"},
				{Name: "capacity", Kind: Int, Doc: "sessions to expect, a hint for a new file"},
				{Name: "max_sessions", Kind: Int, Doc: "how many sessions there may be (no limit)"},
				{Name: "max_bytes", Kind: Size, Doc: "how large the file may be (32GiB)"},
				{Name: "compress_above", Kind: Size, Doc: "compress data that is larger (never)"},
				{Name: "must_exist", Kind: Bool, Doc: "do not make the file if it is missing"},
				{Name: "portable", Kind: Bool, Doc: "do not map the file into memory"},
				{Name: "sweep_interval", Kind: Duration, Words: []string{off}, Doc: "time between two rounds of upkeep (1s)"},
			},
		},
		{
			Name: "file", Form: "DIR", Gist: "a file for each session, shared by all programs that name it", Check: checkPath, Open: openFile,
			Params: []Param{
				{Name: "durability", Kind: Word, Words: []string{"process", "machine"}, Doc: "whose crash costs nothing (process)"},
				{Name: "must_exist", Kind: Bool, Doc: "do not make the directory if it is missing"},
			},
		},
		{Name: ringScheme, Form: "FILE", Gist: "the stores that a JSON file names, by weight", Check: checkPath, Open: openRingFile},
	}
}

func checkMem(r *Request) error {
	if r.Text("snapshot_interval") != "" && r.Text("snapshot") == "" {
		return &Error{Field: "snapshot_interval", Err: errors.New("there is no snapshot without snapshot=FILE")}
	}
	return nil
}

func checkPath(r *Request) error {
	_, err := r.Path()
	return err
}

// memOptions are the options that a request asks for; so are the next ones.
func memOptions(r *Request) memstore.Options {
	return memstore.Options{
		MaxSessions:      r.Int("max_sessions"),
		MaxBytes:         r.Size("max_bytes"),
		AnonymousShare:   r.Fraction("anonymous_share"),
		SnapshotInterval: r.Duration("snapshot_interval"),
		Now:              r.Now,
		Logger:           r.Logger,
	}
}

func openMem(_ context.Context, r *Request) (coatcheck.Store, error) {
	o := memOptions(r)
	file := r.Text("snapshot")
	if file == "" {
		return memstore.New(&o), nil
	}
	if _, err := os.Stat(file + ".lock"); err != nil { // which stays, also beside an empty store without a snapshot
		if err := present(r, file); err != nil {
			return nil, err
		}
	}
	return memstore.Open(file, &o)
}

// present returns an error if a store must exist, and there is nothing at path,
// or an empty file.
func present(r *Request, path string) error {
	if !r.MustExist {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w at %s", ErrAbsent, path)
	case err == nil && info.Mode().IsRegular() && info.Size() == 0:
		return fmt.Errorf("%w at %s: the file is empty", ErrAbsent, path)
	}
	return nil // what else is wrong with it, opening tells
}

func hashOptions(r *Request) hashstore.Options {
	o := hashstore.Options{
		Capacity:      r.Int("capacity"),
		MaxSessions:   r.Int("max_sessions"),
		MaxBytes:      r.Size("max_bytes"),
		CompressAbove: int(min(r.Size("compress_above"), math.MaxInt)),
		MustExist:     r.Bool("must_exist") || r.MustExist,
		Portable:      r.Bool("portable"),
		SweepInterval: r.Duration("sweep_interval"),
		Now:           r.Now,
		Logger:        r.Logger,
	}
	switch r.Text("durability") {
	case "":
	case "none":
		o.Durability = hashstore.None()
	case "always":
		o.Durability = hashstore.Always()
	default:
		o.Durability = hashstore.Interval(r.Duration("durability"))
	}
	return o
}

func openHash(_ context.Context, r *Request) (coatcheck.Store, error) {
	path, err := r.Path()
	if err != nil {
		return nil, err
	}
	if err := present(r, path); err != nil {
		return nil, err
	}
	o := hashOptions(r)
	return hashstore.Open(path, &o)
}

func fileOptions(r *Request) filestore.Options {
	o := filestore.Options{MustExist: r.Bool("must_exist") || r.MustExist, Now: r.Now, Logger: r.Logger}
	if r.Is("durability", "machine") {
		o.Durability = filestore.Machine
	}
	return o
}

func openFile(_ context.Context, r *Request) (coatcheck.Store, error) {
	path, err := r.Path()
	if err != nil {
		return nil, err
	}
	// An empty folder satisfies the store's own MustExist, and would be filled.
	if err := present(r, path); err != nil || present(r, filepath.Join(path, "records")) != nil {
		return nil, cmp.Or(err, fmt.Errorf("%w in the folder %s", ErrAbsent, path))
	}
	o := fileOptions(r)
	return filestore.Open(path, &o)
}
