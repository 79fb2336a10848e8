package memcachestore_test

import (
	"log"
	"net/http"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/memcachestore"
)

func Example() {
	store, err := memcachestore.Open([]memcachestore.Server{
		{Addr: "10.0.0.1:11211"},
		{Addr: "10.0.0.2:11211", Weight: 2},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", m.Handler(http.NotFoundHandler())))
}
