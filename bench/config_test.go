package main

import (
	"io"
	"slices"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	conf, err := parseFlags([]string{"-quick", "-rounds", "3", "-only", "promises,process", "-sites", "scs,gor"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if conf.pace.Rounds != 3 || conf.pace.Measure >= time.Second {
		t.Errorf("rounds %d, measure %v: -rounds must win over -quick, and -quick over the defaults", conf.pace.Rounds, conf.pace.Measure)
	}
	if want := []string{"process", "promises"}; !slices.Equal(conf.tables, want) {
		t.Errorf("tables %q, want %q", conf.tables, want)
	}
	var names []string
	for _, lib := range conf.libraries {
		if lib.sessions {
			names = append(names, lib.name)
		}
	}
	if want := []string{scsName, "gorilla, cookie", "gorilla, files"}; !slices.Equal(names, want) {
		t.Errorf("libraries %q, want %q", names, want)
	}
	if _, ok := conf.find(bareName); !ok {
		t.Error("-sites drops the bare server, which everything is compared with")
	}
}

func TestFlagErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-measure", "0s"},
		{"-warm", "-1s"},
		{"-procs", "0"},
		{"-only", "process,tables"},
		{"-only", ""},
		{"-sites", "nobody"},
		{"process"},
	} {
		if conf, err := parseFlags(args, io.Discard); err == nil {
			t.Errorf("%q is accepted: %+v", args, conf)
		}
	}
}
