// Package keyfile writes the files of keys that package sealed reads, and
// changes the keys in them in the three stages that its documentation asks for.
package keyfile

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/coatcheck/coatcheck/sealed"
)

// A Key is one of a file.
type Key struct {
	sealed.Key
	Made time.Time // zero if the file does not say
}

// A File is what a file of keys says. The first key seals, the others only
// open.
type File struct {
	Keys  []Key
	Stage Stage     // how far a change of keys has come
	Since time.Time // when that stage was reached; zero if the file does not say
	notes []string  // comments of others
}

// A Stage is how far a change of keys has come.
type Stage string

// The stages. A file of one key is Settled, also if it does not say so.
const (
	Settled Stage = "settled" // all keys are where they belong
	Added   Stage = "added"   // the last key is new, and all processes learn to open what it will seal
	Sealing Stage = "sealing" // the new key seals, and the old ones open what they have sealed
	Unknown Stage = "unknown" // there are several keys, and the file does not say why
)

// How the lines begin by which this package remembers.
const (
	stageLine = "# rotation: "
	keyLine   = "# key "
	headLine  = "# The first key seals cookies, the others only open them. Keep this file secret."
)

// Parse reads the text of a file.
func Parse(text []byte) (*File, error) {
	keys, err := sealed.ReadKeys(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	f := &File{Stage: Settled}
	if len(keys) > 1 {
		f.Stage = Unknown
	}
	made := map[string]time.Time{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		var word, at string
		switch {
		case strings.HasPrefix(line, stageLine):
			word, at, _ = strings.Cut(line[len(stageLine):], " ")
			if s := Stage(word); len(keys) > 1 && (s == Added || s == Sealing) {
				f.Stage, f.Since = s, moment(at)
			}
		case strings.HasPrefix(line, keyLine):
			word, at, _ = strings.Cut(line[len(keyLine):], " made ")
			made[word] = moment(at)
		case strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# The first key seals cookies"):
			f.notes = append(f.notes, line)
		}
	}
	for _, k := range keys {
		f.Keys = append(f.Keys, Key{k, made[k.ID()]})
	}
	return f, nil
}

// moment reads a time; what is none is the zero time.
func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// text is what Parse reads, keys and all.
func (f *File) text() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, headLine)
	for _, note := range f.notes {
		fmt.Fprintln(&b, note)
	}
	if f.Stage == Added || f.Stage == Sealing {
		fmt.Fprintf(&b, "%s%s %s\n", stageLine, f.Stage, f.Since.UTC().Format(time.RFC3339))
	}
	for _, k := range f.Keys {
		if !k.Made.IsZero() {
			fmt.Fprintf(&b, "%s%s made %s\n", keyLine, k.ID(), k.Made.UTC().Format(time.RFC3339))
		}
		fmt.Fprintln(&b, k.Reveal())
	}
	return b.Bytes()
}
