package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memcachestore"
	"github.com/coatcheck/coatcheck/ring"
)

// farmSchemes are stores that spread over several servers.
func farmSchemes() []scheme {
	return []scheme{
		{"memcached", "//HOST:PORT,HOST:PORT=WEIGHT", "memcached servers, which may evict sessions", openMemcached},
		{"ring", "FILE", "the stores that a JSON file names, by weight", openRing},
	}
}

// memcachedPort is where memcached listens if nobody says otherwise.
const memcachedPort = "11211"

// openMemcached opens a store on servers, "//a,b:11212=2".
func openMemcached(rest string) (coatcheck.Store, error) {
	var servers []memcachestore.Server
	for server := range strings.SplitSeq(strings.TrimPrefix(rest, "//"), ",") {
		at, weight, weighted := strings.Cut(server, "=")
		if !strings.ContainsAny(at, ":/") && at != "" {
			at += ":" + memcachedPort
		}
		s := memcachestore.Server{Addr: at}
		if weighted {
			n, err := strconv.Atoi(weight)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("the weight %q of %s is no whole number above 0", weight, at)
			}
			s.Weight = n
		}
		servers = append(servers, s)
	}
	return memcachestore.Open(servers, nil)
}

// A ringFile is what a file for "ring:" says.
type ringFile struct {
	// Policy is for dead members: "fail", the default, or "failover".
	Policy string `json:"policy"`

	Members []struct {
		Name   string  `json:"name"`
		Weight float64 `json:"weight"` // default 1
		Store  string  `json:"store"`  // a URL
	} `json:"members"`
}

// A farm is a ring that closes the stores of its members.
type farm struct {
	*ring.Ring
	stores []coatcheck.Store
}

// Close closes the ring, and then the stores.
func (f farm) Close() error {
	errs := []error{f.Ring.Close()}
	for _, s := range f.stores {
		errs = append(errs, closeStore(s))
	}
	return errors.Join(errs...)
}

// openRing opens the stores that a file names, and a ring of them.
func openRing(path string) (coatcheck.Store, error) {
	file, policy, err := readRing(path)
	if err != nil {
		return nil, err
	}
	var f farm
	var members []ring.Member
	for _, m := range file.Members {
		store, err := openStore(m.Store)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: member %q: %w", path, m.Name, err), closeAll(f.stores))
		}
		f.stores = append(f.stores, store)
		if m.Weight == 0 {
			m.Weight = 1
		}
		members = append(members, ring.Member{Name: m.Name, Weight: m.Weight, Store: store})
	}
	if f.Ring, err = ring.New(members, &ring.Options{Policy: policy}); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), closeAll(f.stores))
	}
	return f, nil
}

func closeAll(stores []coatcheck.Store) (err error) {
	for _, s := range stores {
		err = errors.Join(err, closeStore(s))
	}
	return err
}

// readRing reads a file for "ring:". What it does not know it refuses.
func readRing(path string) (file ringFile, policy ring.Policy, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return file, 0, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return file, 0, fmt.Errorf("%s:%d: %w", path, lineOf(err, text, d.InputOffset()), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return file, 0, fmt.Errorf("%s: something follows the object", path)
	}
	switch file.Policy {
	case "", "fail":
		policy = ring.Fail
	case "failover":
		policy = ring.FailOver
	default:
		err = fmt.Errorf(`%s: policy %q is neither "fail" nor "failover"`, path, file.Policy)
	}
	return file, policy, err
}

// lineOf returns the line of an error of decoding JSON. Those that do not say
// where they are came after offset bytes.
func lineOf(err error, text []byte, offset int64) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	return 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
}
