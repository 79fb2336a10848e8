package main

import (
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be a server process, as main does.
func TestMain(m *testing.M) {
	program.Child()
	os.Exit(m.Run())
}

// TestQuickRun makes the whole tool run. Every reply is right, a read of ours
// is one round trip, and an untouched session costs none.
func TestQuickRun(t *testing.T) {
	conf, err := parseFlags([]string{"-quick", "-warm", "5ms", "-measure", "30ms"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	conf.pace.Clients = 4
	var out strings.Builder
	if err := run(conf, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "Void:") {
		t.Errorf("a row is void:\n%s", text)
	}
	for _, s := range sites() {
		if n := strings.Count(text, "\n| "+s.name+" |"); n != 2 {
			t.Errorf("%d rows for %s, want one in each table", n, s.name)
		}
	}
	for _, want := range []string{
		"| untouched, round trips | ≤ 0 | 0 | met |",
		"| read, round trips | ≤ 1 | 1 | met |",
		"\n| coatcheck, redisstore | 0 | 1: 1 hmget | 2: 1 evalsha, 2 hmget, 1 hset, 1 pexpire |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestFlagErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-measure", "0s"},
		{"-pool", "0"},
		{"-procs", "0"},
		{"redis"},
	} {
		if conf, err := parseFlags(args, new(strings.Builder)); err == nil {
			t.Errorf("%q is accepted: %+v", args, conf)
		}
	}
}
