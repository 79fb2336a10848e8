package natskv_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/natskv"
)

func Example() {
	ctx := context.Background()
	conn, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		log.Fatal(err)
	}
	bucket, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "sessions", Storage: jetstream.FileStorage, LimitMarkerTTL: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	kv, err := natskv.New(ctx, bucket)
	if err != nil {
		log.Fatal(err)
	}
	store, err := kvstore.New(kv, nil)
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", m.Handler(http.NotFoundHandler())))
}
