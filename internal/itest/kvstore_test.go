package itest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/internal/itest/servers"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/etcdkv"
	"github.com/coatcheck/coatcheck/kvstore/natskv"
	"github.com/coatcheck/coatcheck/storetest"
)

func TestContractOnEtcd(t *testing.T) { contractOf(t, "etcd", etcdKV) }
func TestContractOnNATS(t *testing.T) { contractOf(t, "nats", natsKV) }

// contractOf runs the contract on a store on a key-value API, and on a second
// store beside it, as another process would have. Each store has a prefix of its
// own: NATS walks over what is left of all keys under one that there ever were.
func contractOf(t *testing.T, name string, kv func() (kvstore.KV, error)) {
	opened := 0
	open := func(t *testing.T, now func() time.Time) coatcheck.Store {
		store, err := kvIn(fmt.Sprintf("%s.contract%d.", name, opened), kv, now)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	storetest.Suite{
		OpenAt: func(t *testing.T, now func() time.Time) coatcheck.Store {
			opened++
			return open(t, now)
		},
		Peer:    func(t *testing.T, _ coatcheck.Store) coatcheck.Store { return open(t, nil) },
		MaxData: 1<<20 - 8<<10, // both servers take a little more than 1 MiB in all
	}.Run(t)
}

// kvIn opens a store on a key-value API with a prefix of its own.
func kvIn(prefix string, kv func() (kvstore.KV, error), now func() time.Time) (coatcheck.Store, error) {
	api, err := kv()
	if err != nil {
		return nil, err
	}
	return kvstore.New(api, &kvstore.Options{Prefix: prefix, MaxValue: 1 << 20, Now: now})
}

// etcdServer is an etcd server that runs as long as this process.
var etcdServer = sync.OnceValues(func() (*servers.Server, error) { return servers.Etcd(nil) })

// etcdKV is that server as an API.
var etcdKV = sync.OnceValues(func() (kvstore.KV, error) {
	s, err := etcdServer()
	if err != nil {
		return nil, err
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{s.Addr}, DialTimeout: 20 * time.Second, Logger: zap.NewNop()})
	if err != nil {
		return nil, err
	}
	return etcdkv.New(client), nil
})

// natsServer is a NATS server inside this process.
var natsServer = sync.OnceValues(func() (*jetServer, error) {
	folder, err := servers.NewFolder("nats")
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: folder.Path(),
		NoLog: true, NoSigs: true, MaxPayload: 2 << 20})
	if err != nil {
		return nil, err
	}
	go s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		return nil, fmt.Errorf("the NATS server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	return &jetServer{js, folder}, err
})

// A jetServer holds on to the folder that its server writes to.
type jetServer struct {
	jetstream.JetStream
	folder *servers.Folder
}

// natsKV is a bucket of that server.
var natsKV = sync.OnceValues(func() (kvstore.KV, error) {
	js, err := natsServer()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "sessions", Storage: jetstream.FileStorage, LimitMarkerTTL: time.Hour})
	if err != nil {
		return nil, err
	}
	return natskv.New(ctx, bucket)
})
