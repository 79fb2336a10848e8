package redisstore_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

// TestOptionsThatBreakRules: each is an error that names its field.
func TestOptionsThatBreakRules(t *testing.T) {
	for field, o := range map[string]redisstore.Options{
		"Prefix":      {Prefix: strings.Repeat("x", 101)},
		"DialTimeout": {DialTimeout: -1},
		"CacheSize":   {CacheSize: -1},
		"CacheAge":    {CacheSize: 1, CacheAge: time.Microsecond},
		"TLS":         {TLS: &tls.Config{}},
	} {
		_, err := redisstore.Open("redis://localhost", &o)
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := redisstore.Open("redis://localhost", &redisstore.Options{CacheAge: time.Second})
	if !errors.Is(err, coatcheck.ErrInvalid) {
		t.Errorf("CacheAge without CacheSize: %v", err)
	}
}

// TestOptionsOfGivenClient: with a client of the caller's, what only a client
// could follow is refused rather than ignored.
func TestOptionsOfGivenClient(t *testing.T) {
	client, err := valkey.NewClient(valkey.ClientOption{InitAddress: []string{"127.0.0.1:1"}, ForceSingleClient: true})
	if client == nil {
		t.Fatal(err)
	}
	defer client.Close()
	for field, o := range map[string]redisstore.Options{
		"Username": {Username: "x"}, "Password": {Password: "x"}, "TLS": {TLS: &tls.Config{}}, "DialTimeout": {DialTimeout: 1},
		"SentinelUsername": {SentinelUsername: "x"}, "SentinelPassword": {SentinelPassword: "x"}, "CacheSize": {CacheSize: 1},
	} {
		_, err := redisstore.New(client, &o)
		if !errors.Is(err, coatcheck.ErrInvalid) || !strings.Contains(err.Error(), "Options."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := redisstore.New(nil, nil); !errors.Is(err, coatcheck.ErrInvalid) {
		t.Errorf("New without a client: %v", err)
	}
}

// TestOpenMakesNoConnection: a store opens without its server, and says within
// the context of a call that there is none.
func TestOpenMakesNoConnection(t *testing.T) {
	for _, url := range []string{
		"redis://:s3cret@127.0.0.1:1", "redis-sentinel://:s3cret@127.0.0.1:1/m", "redis-cluster://:s3cret@127.0.0.1:1",
	} {
		s, err := redisstore.Open(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = s.Load(ctx, coatcheck.ID{1})
		cancel()
		if err == nil || errors.Is(err, coatcheck.ErrNotFound) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Load from %s: %v", url, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Load(t.Context(), coatcheck.ID{1}); !errors.Is(err, coatcheck.ErrClosed) {
			t.Errorf("Load after Close: %v", err)
		}
	}
}
