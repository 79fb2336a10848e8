package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
	"github.com/coatcheck/coatcheck/hashstore"
	"github.com/coatcheck/coatcheck/storeurl"
)

// createFlags are the flags of the command that makes a store.
type createFlags struct {
	place    place
	consent  consent
	force    bool
	capacity int
}

// newCreate returns the command that makes a store.
func newCreate() *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:     "create",
		GroupID: groupChange,
		Short:   "Make a store",
		Long: `Make a store: a file, a folder, a database's table, a bucket, or all of these that
a ring has. Programs that use the library do so by themselves; the commands of
this one want the store to be there.

A file or folder that is there already is an error; a table that is there is
brought up to date, and keeps its sessions. With --force an existing
store, of whatever kind, is emptied: all its sessions end. On a terminal that
asks first; elsewhere it wants --yes.`,
		Example: `  coatcheck create -s hash:/var/lib/shop/sessions --capacity 100000
  coatcheck create --store-file /etc/shop/store`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVarP(&f.force, "force", "f", false, "empty the store if there is one")
	cmd.Flags().IntVar(&f.capacity, "capacity", 0, "expect `N` sessions, as a hint for a hash file")
	f.consent.flags(cmd)
	f.place.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return judged(f.create(cmd)) }
	return cmd
}

// creation is the result of making a store.
type creation struct {
	Store   string `json:"store"`
	Emptied int    `json:"emptied,omitempty"`
	DryRun  bool   `json:"dry_run,omitempty"`
}

// create makes the store, or empties it.
func (f *createFlags) create(cmd *cobra.Command) error {
	url, err := f.place.locate()
	if err != nil {
		return err
	}
	path, local := localPath(url)
	if f.capacity < 0 || f.capacity > 0 && !strings.HasPrefix(url, "hash:") {
		return misusef("--capacity is a number above 0, for a hash file")
	}
	there := local && exists(path) && !strings.HasPrefix(url, "sqlite:") // of which a table may be missing, or behind
	if there && !f.force {
		return exit.With(exit.Busy, fmt.Errorf("%s is there already: --force empties it, coatcheck ls shows what is in it", path))
	}
	if f.consent.dryRun {
		return f.foresee(cmd, url)
	}
	if f.capacity > 0 && !there {
		store, err := hashstore.Open(path, &hashstore.Options{Capacity: f.capacity})
		if err != nil {
			return err
		}
		if err := store.Close(); err != nil {
			return err
		}
	}
	return f.place.work(cmd, made, func(ctx context.Context, j *job) error { return f.finish(ctx, j) })
}

// foresee says what would be done.
func (f *createFlags) foresee(cmd *cobra.Command, url string) error {
	err := f.place.work(cmd, asItIs, func(ctx context.Context, j *job) error {
		ids, err := j.everything(ctx, f.force)
		if err != nil {
			return err
		}
		done := creation{Store: shown(url), Emptied: len(ids), DryRun: true}
		if !f.force {
			return j.Result(done, done.Store+" is there, and would keep its sessions.")
		}
		return j.Result(done, fmt.Sprintf("%s is there; %s would be deleted.", done.Store, show.Plural(int64(len(ids)), "record")))
	})
	if errors.Is(err, storeurl.ErrAbsent) {
		p := newPrinter(cmd)
		return errors.Join(p.Result(creation{shown(url), 0, true}, shown(url)+" would be made."), p.Flush())
	}
	return err
}

// exists reports whether there is a file, or a folder with something in it.
func exists(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if !info.IsDir() {
		return info.Size() > 0
	}
	entries, _ := os.ReadDir(path)
	return len(entries) > 0
}

// finish empties the store that is open now, if that is asked for.
func (f *createFlags) finish(ctx context.Context, j *job) error {
	done := creation{Store: shown(j.url)}
	ids, err := j.everything(ctx, f.force)
	if err != nil {
		return err
	}
	records := show.Plural(int64(len(ids)), "record")
	if len(ids) > 0 {
		if err := j.ask(ctx, f.consent, "End all sessions of %s, %s?", done.Store, records); err != nil {
			return err
		}
		progress := j.Progress("Deleting", int64(len(ids)))
		defer progress.Done()
		for _, id := range ids {
			if err := j.store.Delete(ctx, id); err != nil {
				return partly(done.Emptied, err)
			}
			done.Emptied++
			progress.Add(1)
		}
		progress.Done()
		return j.Result(done, fmt.Sprintf("%s is empty; it had %s.", done.Store, records))
	}
	return j.Result(done, done.Store+" is ready.")
}

// everything returns the IDs of all records that the store lists, if they are
// wanted.
func (j *job) everything(ctx context.Context, wanted bool) (ids []coatcheck.ID, err error) {
	if !wanted {
		return nil, nil
	}
	if !coatcheck.CapabilitiesOf(j.store).List {
		return nil, listing.Unable("list its sessions, so it cannot be emptied from here")
	}
	for rec, err := range j.records(ctx) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, rec.ID)
	}
	return ids, nil
}
