package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/intake"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// putFlags are the flags of the command that puts sessions into a store.
type putFlags struct {
	place          place
	name, ownerKey string
	idle, absolute time.Duration
	foreign        bool
	replace        bool
	dryRun         bool
	in             io.Reader
}

// newPut returns the command that puts sessions into a store.
func newPut() *cobra.Command {
	var f putFlags
	cmd := &cobra.Command{
		Use:     "put",
		GroupID: groupChange,
		Short:   "Put in sessions, by lines",
		Long: `Read sessions from standard input, one a line, and put them into a store. A line
is a key, a space and the values as a JSON object.

  KEY {"user":"ada","views":7}

KEY is one of these:
  a token   the session goes on under it, as sessions of other libraries can that
            use the same form (43 characters of base64url)
  an ID     64 hexadecimal digits of a session that is there; its values become
            those of the line
  any word  with --foreign: the session ID of another system, of whatever form.
            The session's token is then the unpadded base64url form of the word's
            SHA-256, by which a program can find it, and renew it, when it meets
            the old cookie.

A session that is there already stays as it is, so that an import which was cut
short can be started again; --replace gives it the values of the line. The first
line that makes no sense ends the work.`,
		Example: `  whio-ht-tool sessions.whio ls | coatcheck put -s hash:sessions.ht --foreign
  coatcheck put -s sqlite:app.db --owner-key user --absolute 24h < sessions.txt`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "the `NAME` of the manager whose tokens they are, Options.Name (default \"id\")")
	flags.StringVar(&f.ownerKey, "owner-key", "", "the session belongs to who is named in its values under `KEY`")
	flags.DurationVar(&f.idle, "idle", 30*time.Minute, "new sessions end when they are not used for `DUR`")
	flags.DurationVar(&f.absolute, "absolute", 12*time.Hour, "new sessions end after `DUR`, whatever happens")
	flags.BoolVar(&f.foreign, "foreign", false, "the keys are session IDs of another system")
	flags.BoolVar(&f.replace, "replace", false, "give sessions that are there the values of the line")
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, only look at the lines")
	complete(cmd, "idle", "30m", "2h")
	complete(cmd, "absolute", "12h", "168h")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		f.in = cmd.InOrStdin()
		if f.idle < time.Millisecond || f.absolute < f.idle {
			return fmt.Errorf("--idle %v and --absolute %v: the first must be above 0, and not longer than the second", f.idle, f.absolute)
		}
		return nil
	}
	return onStore(cmd, &f.place, f.put)
}

// intakeResult is the result of putting sessions in.
type intakeResult struct {
	Put     int  `json:"put"`
	Existed int  `json:"existed,omitempty"`
	DryRun  bool `json:"dry_run,omitempty"`
}

// put reads lines until there are no more.
func (f *putFlags) put(ctx context.Context, j *job, _ []string) error {
	if err := j.keeps(); err != nil && !f.dryRun {
		return err
	}
	m, err := j.manager(coatcheck.Options{
		Name: f.name, IdleTimeout: f.idle, AbsoluteTimeout: f.absolute,
		AnonymousIdleTimeout: f.idle, AnonymousAbsoluteTimeout: f.absolute,
		MaxBytes: 16 << 20,
	})
	if err != nil {
		return misuse{err}
	}
	defer m.Close()
	progress := j.Progress("Putting in", 0)
	if show.IsTerminal(f.in) {
		j.Notef("Reading lines of a key and a JSON object; Ctrl-D ends.")
		progress.Done() // it would stand where one types
	}
	defer progress.Done()
	done := intakeResult{DryRun: f.dryRun}
	for lines := intake.NewReader(f.in, f.foreign); ctx.Err() == nil; progress.Add(1) {
		s, err := next(ctx, lines)
		if err == io.EOF {
			progress.Done()
			return f.report(j, done)
		}
		existed := false
		if err == nil {
			existed, err = f.one(ctx, j, m, &s)
			if err != nil {
				err = fmt.Errorf("line %d: %w", s.Line, err)
			}
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return partly(done.Put, err)
		}
		if existed {
			done.Existed++
		} else {
			done.Put++
		}
	}
	return stopped(ctx, done.Put)
}

// next reads a line, unless ctx ends first: who is at the other end may never
// write another one.
func next(ctx context.Context, lines *intake.Reader) (intake.Session, error) {
	type line struct {
		session intake.Session
		err     error
	}
	read := make(chan line, 1)
	go func() {
		s, err := lines.Read()
		read <- line{s, err}
	}()
	select {
	case l := <-read:
		return l.session, l.err
	case <-ctx.Done():
		return intake.Session{}, ctx.Err()
	}
}

// stopped is the error of work that was interrupted after so many sessions.
func stopped(ctx context.Context, done int) error {
	return fmt.Errorf("after %s, which stay done: %w", show.Plural(int64(done), "session"), ctx.Err())
}

// report says what was done.
func (f *putFlags) report(j *job, done intakeResult) error {
	verb := "put in"
	if f.dryRun {
		verb = "would be put in"
	}
	text := fmt.Sprintf("%s %s.", show.Plural(int64(done.Put), "session"), verb)
	if done.Existed > 0 {
		text += fmt.Sprintf(" %s there already, and stayed.", show.Plural(int64(done.Existed), "session"))
	}
	return j.Result(done, text)
}

// one puts in one session, or finds that it is there.
func (f *putFlags) one(ctx context.Context, j *job, m *coatcheck.Manager, s *intake.Session) (existed bool, err error) {
	id := s.ID
	if s.Token != "" {
		id = m.ID(s.Token)
		rec, err := f.record(m, s)
		if err != nil {
			return false, err
		}
		if f.dryRun {
			there, err := j.has(ctx, id)
			return there && !f.replace, err
		}
		if err = j.store.Create(ctx, rec); !errors.Is(err, coatcheck.ErrExists) {
			return false, err
		}
		if !f.replace {
			return true, nil
		}
	}
	if f.dryRun {
		_, err := j.store.Load(ctx, id)
		return false, err
	}
	data := s.Data
	return false, m.Update(ctx, id, func(s *coatcheck.Session) error { return fill(s, data) })
}

// has reports whether there is a session, if only a damaged one.
func (j *job) has(ctx context.Context, id coatcheck.ID) (bool, error) {
	switch _, err := j.store.Load(ctx, id); {
	case errors.Is(err, coatcheck.ErrNotFound):
		return false, nil
	case err == nil, errors.Is(err, coatcheck.ErrCorrupt):
		return true, nil
	default:
		return false, err
	}
}

// record makes a record of a session. The reader uses its bytes again, so the
// record gets its own.
func (f *putFlags) record(m *coatcheck.Manager, s *intake.Session) (*coatcheck.Record, error) {
	owner := ""
	if f.ownerKey != "" {
		var err error
		if owner, err = intake.Owner(s.Data, f.ownerKey); err != nil {
			return nil, err
		}
	}
	return m.NewRecord(s.Token, owner, []byte(string(s.Data)), time.Now().Add(f.absolute))
}

// fill gives a session the values of a JSON object, and no others.
func fill(s *coatcheck.Session, data []byte) error {
	s.Clear()
	return coatcheck.JSON{}.Split(data, func(key, value []byte) error {
		name := string(key)
		if err := coatcheck.CheckKey(name); err != nil {
			return err
		}
		coatcheck.NewKey[json.RawMessage](name).Set(s, append(json.RawMessage(nil), value...))
		return nil
	})
}
