package main

import (
	"strconv"
	"testing"
)

// quickConf returns a short run.
func quickConf() config {
	conf := fullConfig()
	conf.shorten()
	return conf
}

// try runs one line of the promises table for one library.
func try(t *testing.T, title, name string) string {
	t.Helper()
	lib, err := findLibrary(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range trials(quickConf()) {
		if line.title == title {
			outcome, err := tryOnce(line, lib, quickConf())
			if err != nil {
				t.Fatalf("%s: %s: %v", name, title, err)
			}
			return outcome
		}
	}
	t.Fatalf("no line %q", title)
	return ""
}

// TestTrialsDiscern shows that each trial can come out either way: libraries
// whose behaviour is fixed by their design get what they deserve.
func TestTrialsDiscern(t *testing.T) {
	for _, c := range []struct{ title, library, want string }{
		{"logout undone by a slow request", scsName, "yes"},
		{"logout undone by a slow request", "gorilla, cookie", "yes (logout does not end it)"},
		{"old ID comes back after renewal", scsName, "yes"},
		{"old ID comes back after renewal", "gin", "no renewal"},
		{"records written by 100 reads, with an idle timeout", scsName, "100"},
		{"records written by 100 reads, with an idle timeout", "gin", "no idle timeout"},
		{"Flush before the first Write", scsName, "cookie lost"},
		{"Flush before the first Write", "gorilla, files", "ok"},
		{"change after the body began", scsName, "lost"},
		{"change after the body began", "gin", "kept"},
	} {
		if got := try(t, c.title, c.library); got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.library, c.title, got, c.want)
		}
	}
}

// TestTrialsLose shows that the two races are real: a library that saves a
// private copy of everything loses something.
func TestTrialsLose(t *testing.T) {
	conf := quickConf()
	for title, all := range map[string]int{
		trials(conf)[0].title: conf.increments,
		trials(conf)[1].title: conf.ownKeys,
	} {
		n, err := strconv.Atoi(try(t, title, "gorilla, files"))
		if err != nil || n < 1 || n >= all {
			t.Errorf("%s: %d of %d (%v): expected losses", title, n, all, err)
		}
	}
}
