package etcdkv_test

import (
	"log"
	"net/http"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/etcdkv"
)

func Example() {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:2379"}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	store, err := kvstore.New(etcdkv.New(client), nil)
	if err != nil {
		log.Fatal(err)
	}
	m, err := coatcheck.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", m.Handler(http.NotFoundHandler())))
}
