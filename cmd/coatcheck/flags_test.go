package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		asked    string
		ip       string
		want     string
		loopback bool
	}{
		{"127.0.0.1:0", "127.0.0.1", "http://127.0.0.1:4711/", true},
		{"127.8.9.1:4711", "127.8.9.1", "http://127.8.9.1:4711/", true},
		{"localhost:4711", "127.0.0.1", "http://localhost:4711/", true},
		{"[::1]:0", "::1", "http://[::1]:4711/", true},
		{":0", "::", "http://localhost:4711/", false},
		{"0.0.0.0:0", "0.0.0.0", "http://localhost:4711/", false},
		{"[::]:0", "::", "http://localhost:4711/", false},
		{"192.0.2.7:0", "192.0.2.7", "http://192.0.2.7:4711/", false},
		{"shop.example:0", "192.0.2.7", "http://shop.example:4711/", false},
	} {
		got := &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 4711}
		if err := checkAddress(c.asked); err != nil {
			t.Errorf("%s: %v", c.asked, err)
		}
		if url := address(false, c.asked, got); url != c.want {
			t.Errorf("%s: %s, want %s", c.asked, url, c.want)
		}
		if url, want := address(true, c.asked, got), "https"+strings.TrimPrefix(c.want, "http"); url != want {
			t.Errorf("%s: %s, want %s", c.asked, url, want)
		}
		if is := isLoopback(got); is != c.loopback {
			t.Errorf("%s: loopback %v", c.ip, is)
		}
	}
	if isLoopback(&net.UnixAddr{Name: "socket"}) {
		t.Error("a socket is not a loopback address")
	}
}

// An idle timeout that nobody asked for gives way to a short absolute one.
func TestFlagsGiveWay(t *testing.T) {
	cmd := newDemo()
	if err := cmd.Flags().Parse([]string{"--absolute", "10m"}); err != nil {
		t.Fatal(err)
	}
	f := demoFlags{listen: "127.0.0.1:0", carrier: "cookie", idle: 30 * time.Minute, absolute: 10 * time.Minute}
	if err := f.check(cmd.Flags().Changed("idle")); err != nil || f.idle != f.absolute {
		t.Errorf("--absolute 10m alone: idle %v, %v", f.idle, err)
	}
	if err := f.check(true); err != nil {
		t.Error(err)
	}
	f.idle = f.absolute + 1
	if err := f.check(true); err == nil {
		t.Error("an idle timeout over the absolute one was taken")
	}
}
