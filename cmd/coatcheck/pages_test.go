package main

import (
	"bufio"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pages is a command for scripts: pages LIMIT FLAG… lists sessions by pages of
// so many, and wants what one list of all has.
func pages(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: pages LIMIT FLAG…")
	}
	list := append([]string{"ls", "--json"}, args[1:]...)
	all, _ := listed(ts, list)
	var joined []string
	for next, more := "", true; more; more = next != "" {
		var ids []string
		ids, next = listed(ts, append(list[:len(list):len(list)], "--limit", args[0], "--after", next))
		if strconv.Itoa(len(ids)) > args[0] || len(joined) > len(all) {
			ts.Fatalf("a page of %s has %d", args[0], len(ids))
		}
		joined = append(joined, ids...)
	}
	if len(all) == 0 || !slices.Equal(all, joined) {
		ts.Fatalf("all are %v; the pages together are %v", all, joined)
	}
}

// listed returns the IDs of a list, and where it goes on.
func listed(ts *testscript.TestScript, args []string) (ids []string, next string) {
	ts.Check(ts.Exec("coatcheck", args...))
	for lines := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout"))); lines.Scan(); {
		var line struct{ ID, Next string }
		ts.Check(json.Unmarshal(lines.Bytes(), &line))
		if line.ID != "" {
			ids = append(ids, line.ID)
		}
		next = line.Next
	}
	return ids, next
}
