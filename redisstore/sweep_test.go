package redisstore_test

import (
	"errors"
	"testing"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

// A server of a given client may have the path of a socket for its address.
func TestSweepCursor(t *testing.T) {
	for text, addr := range map[string]string{
		"127.0.0.1:6379/18446744073709551615/2": "127.0.0.1:6379",
		"[::1]:6379/17/0":                       "[::1]:6379",
		"/run/redis/server.sock/534/0":          "/run/redis/server.sock",
		"redis.sock/0/0":                        "redis.sock",
	} {
		got, again, err := redisstore.SweepCursor(text)
		if err != nil || got != addr || again != text {
			t.Errorf("%s: address %q, anew %q, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"a", "a/1", "/1/2", "a/b/c", "a/1/-1", "a/1/2/"} {
		if _, _, err := redisstore.SweepCursor(text); !errors.Is(err, coatcheck.ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", text, err)
		}
	}
}
