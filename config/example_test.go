package config_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

var visits = coatcheck.NewKey[int]("visits")

func hello(w http.ResponseWriter, r *http.Request) {
	s, err := coatcheck.FromContext(r.Context())
	if err != nil {
		coatcheck.Error(w, r, err)
		return
	}
	visits.Update(s, func(n int) int { return n + 1 })
	fmt.Fprintf(w, "Visit %d\n", visits.Get(s))
}

// A program whose sessions a file sets up.
func Example() {
	c, err := config.Read("/etc/app/sessions.json", nil)
	if err != nil {
		log.Fatal(err)
	}
	c.Options.Logger = slog.Default() // what only code can say
	s, err := c.Open(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	log.Print(http.ListenAndServe("localhost:8080", s.Manager.Handler(http.HandlerFunc(hello))))
}

// What is wrong in a file is said with its place.
func ExampleParse() {
	_, err := config.Parse("app.json", []byte(`{
	"store": "hash:sessions.ht?durability=always",
	"idle_timout": "60m"
}`), nil)
	fmt.Println(err)
	_, err = config.Parse("app.json", []byte(`{
	"store": "hash:sessions.ht",
	"idle_timeout": "24h"
}`), nil)
	fmt.Println(err)
	// Output:
	// config: app.json:3:2: idle_timout: there is no such field; idle_timeout is one, all are store, cookie, name, idle_timeout, absolute_timeout, anonymous_idle_timeout, anonymous_absolute_timeout, store_timeout, sweep_interval, poll_interval, max_bytes, max_keys, insecure_cookie, carrier, form_max_bytes, form_multipart
	// config: app.json:3:18: idle_timeout: it is 24h0m0s, longer than absolute_timeout, 12h0m0s: raise that one, or switch it off with "off"
}

// A Mux brings the stores that are not built in, or sets up the others.
func ExampleParse_mux() {
	mux, err := storeurl.New(&storeurl.Options{
		Logger: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
	})
	if err != nil {
		log.Fatal(err)
	}
	c, err := config.Parse("app.json", []byte(`{"store": "mem:?max_sessions=1000", "max_bytes": "16KiB"}`), mux)
	if err != nil {
		log.Fatal(err)
	}
	s, err := c.Open(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	stats, err := coatcheck.StatOf(context.Background(), s.Store)
	fmt.Println(c.Options.MaxBytes, stats.MaxRecords, err)
	// Output:
	// 16384 1000 <nil>
}
