package redisstore_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/redisstore"
)

// A site whose processes share their sessions on one Redis server.
func Example() {
	store, err := redisstore.Open("redis://localhost:6379", &redisstore.Options{
		Username: "sessions",
		Password: os.Getenv("REDIS_PASSWORD"),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	// What the server's settings may cost, once, at the start.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	findings, err := store.Doctor(ctx)
	for _, f := range findings {
		log.Print("redis: ", f)
	}
	if err != nil {
		log.Print("redis does not answer yet: ", err)
	}

	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	log.Fatal(http.ListenAndServe(":8080", m.Handler(http.DefaultServeMux)))
}
