package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/listing"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/show"
)

// newGet returns the command that shows sessions.
func newGet() *cobra.Command {
	var p place
	var values bool
	cmd := &cobra.Command{
		Use:     "get ID…",
		Aliases: []string{"show"},
		GroupID: groupLook,
		Short:   "Show a session",
		Long: `Show what a store knows of a session: times, owner, device, and the names, kinds
and sizes of its values. The values themselves are somebody's private matter, so
they are shown on demand only.

An ID is 64 hexadecimal digits. The first six or more of them are enough, but
then the whole store is searched.`,
		Example: `  coatcheck get -s hash:/var/lib/shop/sessions 3f9a1c
  coatcheck get -s sqlite:app.db --values --json 3f9a1c | jq .values`,
		Args:              oneOrMoreIDs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVar(&values, "values", false, "show the values, too")
	return onStore(cmd, &p, func(ctx context.Context, j *job, args []string) error {
		for i, word := range args {
			if i > 0 && !j.JSON {
				if err := j.Printf("\n"); err != nil {
					return err
				}
			}
			if err := j.get(ctx, word, values); err != nil {
				return err
			}
		}
		return nil
	})
}

// oneOrMoreIDs wants words that may name sessions.
func oneOrMoreIDs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("say which session, by its ID or its first digits")
	}
	for _, word := range args {
		if _, _, err := listing.ParseName(word); err != nil {
			return err
		}
	}
	return nil
}

// get shows one session.
func (j *job) get(ctx context.Context, word string, values bool) error {
	id, err := listing.Find(ctx, j.store, word, j.now)
	if err != nil {
		return err
	}
	rec, err := j.store.Load(ctx, id)
	if err != nil {
		return unhappy(id, err)
	}
	info, err := rec.Info()
	if errors.Is(err, coatcheck.ErrNotFound) {
		return exit.With(exit.NotFound, fmt.Errorf("session %s has ended, or lives on under another ID: it was renewed, logged in, rotated or destroyed", id.Short()))
	}
	if err != nil {
		return unhappy(id, err)
	}
	if j.JSON {
		s := sessionOf(&info)
		switch {
		case !values:
		case json.Valid(rec.Data) && utf8.Valid(rec.Data): // the first does not look at that
			s.Values = json.RawMessage(rec.Data)
		default:
			s.ValuesBytes = rec.Data
		}
		return j.Line(s)
	}
	return errors.Join(j.describe(&info), j.values(rec.Data, values))
}

// unhappy says which session an error is about.
func unhappy(id coatcheck.ID, err error) error {
	switch {
	case errors.Is(err, coatcheck.ErrNotFound):
		return exit.With(exit.NotFound, fmt.Errorf("there is no session %s, or it has expired", id.Short()))
	case errors.Is(err, coatcheck.ErrCorrupt):
		return exit.With(exit.Corrupt, fmt.Errorf("session %s is damaged, and costs its visitor no more than a new login: coatcheck rm takes it away", id.Short()))
	}
	return fmt.Errorf("session %s: %w", id.Short(), err)
}

// describe prints what is known of a session besides its values.
func (j *job) describe(i *coatcheck.Info) error {
	t := j.Table(show.Column{}, show.Column{})
	cookie := "ends with the browser"
	if i.Persistent {
		cookie = "outlives the browser"
	}
	for _, row := range [][2]string{
		{"ID", i.ID.String()},
		{"Owner", show.Owner(i.Owner)},
		{"Began", show.Moment(i.Created, j.now)},
		{"Logged in", show.Moment(i.AuthTime, j.now)},
		{"Last seen", show.Moment(i.LastSeen, j.now)},
		{"Ends unused", show.Moment(i.Expires, j.now)},
		{"Ends anyway", show.Moment(i.Deadline, j.now)},
		{"Device", show.Text(i.Device)},
		{"Address", show.Text(i.Address)},
		{"Cookie", cookie},
		{"Size", show.Size(int64(i.Bytes))},
	} {
		if row[1] == "" {
			row[1] = "-"
		}
		if err := t.Row(row[0], row[1]); err != nil {
			return err
		}
	}
	return t.Flush()
}

// values prints the values of a session, or what may be said about them.
func (j *job) values(data []byte, open bool) error {
	if len(data) == 0 {
		return nil
	}
	var rows [][3]string
	err := coatcheck.JSON{}.Split(data, func(key, value []byte) error {
		row := [3]string{show.Text(string(key)), show.Size(int64(len(value))), kindOf(value)}
		if open {
			row[2] = show.Line(string(value))
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		if !open {
			return j.Printf("Values       %s that are no JSON object; --values shows them\n", show.Size(int64(len(data))))
		}
		return j.Printf("Values       %s\n", show.Text(string(data)))
	}
	head := "KIND"
	if open {
		head = "VALUE"
	}
	t := j.Table(show.Column{Head: "KEY"}, show.Column{Head: "SIZE", Right: true}, show.Column{Head: head})
	for i, row := range rows {
		if i == 0 {
			err = j.Printf("\n")
		}
		if err = errors.Join(err, t.Row(row[0], row[1], row[2])); err != nil {
			return err
		}
	}
	return t.Flush()
}

// kindOf says what kind of JSON a value is.
func kindOf(value []byte) string {
	switch v := strings.TrimSpace(string(value)); {
	case v == "":
		return "-"
	case v[0] == '"':
		return "text"
	case v[0] == '{':
		return "object"
	case v[0] == '[':
		return "list"
	case v == "true", v == "false":
		return "yes or no"
	case v == "null":
		return "null"
	}
	return "number"
}
