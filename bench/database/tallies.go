package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http/httptest"
	"path/filepath"

	"github.com/coatcheck/coatcheck/bench/load"
	"github.com/coatcheck/coatcheck/bench/pages"
	"github.com/coatcheck/coatcheck/bench/report"
)

const talliesText = `
## What a request asks of its backend

Statements of one request, and how many of them write; for files, whether
anything in the directory changed. Counted in one process over %d requests of
one session for each page, after the session began.

`

// tallyRequests is how many requests are counted.
const tallyRequests = 100

// printTallies counts, for each row, what its pages ask of the backend.
func printTallies(out io.Writer, rows []*row) error {
	t := report.NewTable(append([]string{"", ""}, pages.Titles()...)...)
	for _, r := range rows {
		cells, err := countRow(r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		t.Add(append([]string{r.place.title(), r.site.name}, cells...)...)
	}
	fmt.Fprintf(out, talliesText, tallyRequests)
	t.Print(out)
	return nil
}

// countRow opens the row's site once more, in this process.
func countRow(r *row) (cells []string, err error) {
	p := r.place
	p.tally = new(tally)
	h, err := openPlace(p)
	if err != nil {
		return nil, err
	}
	var jar load.Jar
	get := func(page string) error {
		request := httptest.NewRequest("GET", page, nil)
		request.Header.Set("Cookie", jar.Header())
		reply := httptest.NewRecorder()
		h.ServeHTTP(reply, request)
		for _, c := range reply.Header()["Set-Cookie"] {
			jar.Put(c)
		}
		if reply.Code != 200 {
			return fmt.Errorf("%s answers %d %q", page, reply.Code, reply.Body)
		}
		return nil
	}
	if err := get(load.SeedPage + "?name=" + load.NoName); err != nil {
		return nil, err
	}
	for _, page := range pages.Names() {
		if err := get(page); err != nil { // what is prepared once is not counted
			return nil, err
		}
		cell, writes, err := countPage(p, func() error { return get(page) })
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		r.writes[page] = writes
	}
	return cells, nil
}

// countPage counts what some requests for a page ask of the backend.
func countPage(p place, get func() error) (cell string, writes float64, err error) {
	before, err := contents(p)
	if err != nil {
		return "", 0, err
	}
	p.tally.statements.Store(0)
	p.tally.writes.Store(0)
	for range tallyRequests {
		if err := get(); err != nil {
			return "", 0, err
		}
	}
	if p.Name == filesName {
		after, err := contents(p)
		if err != nil || maps.Equal(before, after) {
			return "nothing written", 0, err
		}
		return "written", 1, nil
	}
	statements := float64(p.tally.statements.Load()) / tallyRequests
	writes = float64(p.tally.writes.Load()) / tallyRequests
	return fmt.Sprintf("%.3g, writes %.3g", statements, writes), writes, nil
}

// contents describes every file of a backend of files: name, size, time.
func contents(p place) (map[string]string, error) {
	all := map[string]string{}
	if p.Name != filesName {
		return all, nil
	}
	return all, filepath.WalkDir(p.Source, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		all[path] = fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
		return nil
	})
}
