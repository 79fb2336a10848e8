package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
	"github.com/coatcheck/coatcheck/kvstore/etcdkv"
	"github.com/coatcheck/coatcheck/kvstore/natskv"
	"github.com/coatcheck/coatcheck/storeurl"
)

// kvSchemes are servers that keep keys and values.
func kvSchemes() []storeurl.Scheme {
	common := append([]storeurl.Param{
		{Name: "prefix", Doc: "what all keys begin with (coatcheck.)"},
		{Name: "max_value", Kind: storeurl.Size, Doc: "how long a value may be (1MiB)"},
		{Name: "tls", Kind: storeurl.Bool, Doc: "encrypt the connections"},
	}, tlsParams()...)
	return []storeurl.Scheme{
		{
			Name: "nats", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT/BUCKET", Gist: "a bucket of NATS JetStream",
			Password: true, Check: checkServers, Open: openNATS,
			Params: append([]storeurl.Param{
				{Name: "token", Kind: storeurl.Secret, Doc: "the token that the servers want"},
				{Name: "credentials", Doc: "file of the credentials that the servers want"},
				{Name: "storage", Kind: storeurl.Word, Words: []string{"file", "memory"}, Doc: "where the servers keep a new bucket (file)"},
			}, common...),
		},
		{
			Name: "etcd", Form: "//USER:PASSWORD@HOST:PORT,HOST:PORT", Gist: "an etcd cluster",
			Password: true, Check: checkServers, Open: openEtcd, Params: common,
		},
	}
}

// Ports where a URL names none, and the bucket.
const (
	natsPort      = "4222"
	etcdPort      = "2379"
	defaultBucket = "coatcheck_sessions"
)

// A cluster is what a URL says of servers.
type cluster struct {
	hosts          []string
	user, password string
	path           string
}

// checkServers refuses a URL that names no servers, and a user without a
// password, which NATS would take for a token.
func checkServers(r *storeurl.Request) error {
	c, err := servers(r, "0")
	if err != nil {
		return err
	}
	elsewhere := r.Text("password_file")+r.Text("password_env") != ""
	switch {
	case c.user != "" && c.password == "" && !elsewhere:
		return errors.New("there is a user without a password: say where it is with password_file or password_env")
	case c.user == "" && elsewhere:
		return errors.New("there is a password without a user")
	case r.Scheme == "etcd" && c.path != "":
		return errors.New("nothing may follow the servers but parameters")
	}
	return nil
}

// servers reads "//user:password@host:port,host:port/path". Its errors repeat
// nothing of it.
func servers(r *storeurl.Request, port string) (c cluster, err error) {
	rest, ok := strings.CutPrefix(r.Rest, "//")
	rest, c.path, _ = strings.Cut(rest, "/")
	user, hosts := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, hosts = rest[:at], rest[at+1:]
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if !strings.Contains(host, ":") || strings.HasSuffix(host, "]") {
			host += ":" + port
		}
		u, err := url.Parse("//" + host)
		if !ok || err != nil || u.Hostname() == "" || u.Host != host {
			return c, fmt.Errorf("that is no URL of the form %s://USER:PASSWORD@HOST:PORT,HOST:PORT; write %%2F for a / in a password, and so on", r.Scheme)
		}
		c.hosts = append(c.hosts, host)
	}
	name, password, _ := strings.Cut(user, ":")
	if c.user, err = url.PathUnescape(name); err == nil {
		c.password, err = url.PathUnescape(password)
	}
	if err != nil {
		return c, errors.New("a percent sign in the user or the password must be written %25")
	}
	return c, nil
}

// secure returns the TLS configuration of a request, nil if it wants none.
func secure(r *storeurl.Request) (*tls.Config, error) {
	config, err := tlsConfig(r)
	if config == nil && err == nil && r.Bool("tls") {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return config, err
}

// A client is a store that closes the client that it is in.
type client struct {
	*kvstore.Store
	close func() error
}

// Close closes the client.
func (c client) Close() error { return c.close() }

// openKV opens a store on servers that must answer now. If it cannot, it closes
// the client.
func openKV(ctx context.Context, kv kvstore.KV, r *storeurl.Request, close func() error) (coatcheck.Store, error) {
	store, err := kvstore.New(kv, &kvstore.Options{Prefix: r.Text("prefix"), MaxValue: int(min(r.Size("max_value"), math.MaxInt)), Now: r.Now})
	if err == nil {
		err = answers(ctx, store)
	}
	if err != nil {
		return nil, errors.Join(err, close())
	}
	return client{store, close}, nil
}

// openEtcd opens a store in etcd.
func openEtcd(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	c, err := servers(r, etcdPort)
	if err != nil {
		return nil, err
	}
	config := clientv3.Config{Endpoints: c.hosts, Username: c.user, Password: c.password, DialTimeout: answerTimeout, Logger: zap.NewNop()}
	if config.TLS, err = secure(r); err != nil {
		return nil, err
	}
	etcd, err := clientv3.New(config)
	if err != nil {
		return nil, fmt.Errorf("etcd at %s: %w", strings.Join(c.hosts, ","), err)
	}
	store, err := openKV(ctx, etcdkv.New(etcd), r, etcd.Close)
	if err != nil {
		return nil, fmt.Errorf("etcd at %s: %w", strings.Join(c.hosts, ","), err)
	}
	return store, nil
}

// openNATS opens a store in a bucket.
func openNATS(ctx context.Context, r *storeurl.Request) (coatcheck.Store, error) {
	c, err := servers(r, natsPort)
	if err != nil {
		return nil, err
	}
	opts := []nats.Option{nats.Timeout(answerTimeout), nats.MaxReconnects(-1), nats.Name("coatcheck")}
	if c.user != "" {
		opts = append(opts, nats.UserInfo(c.user, c.password))
	}
	if token := r.Text("token"); token != "" {
		opts = append(opts, nats.Token(token))
	}
	if file := r.Text("credentials"); file != "" {
		opts = append(opts, nats.UserCredentials(file))
	}
	config, err := secure(r)
	if err != nil {
		return nil, err
	}
	if config != nil {
		opts = append(opts, nats.Secure(config))
	}
	at := strings.Join(c.hosts, ",")
	conn, err := nats.Connect(at, opts...)
	if err != nil {
		return nil, fmt.Errorf("NATS at %s: %w", at, err)
	}
	closeConn := func() error { conn.Close(); return nil }
	kv, err := natsBucket(ctx, conn, c.path, r)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("NATS at %s: %w", at, err), closeConn())
	}
	return openKV(ctx, kv, r, closeConn)
}

// natsBucket returns the bucket of a name, which it makes unless it must exist.
func natsBucket(ctx context.Context, conn *nats.Conn, name string, r *storeurl.Request) (*natskv.KV, error) {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = defaultBucket
	}
	bucket, err := js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) && r.MustExist {
		return nil, lackf("there is no bucket %q", name)
	}
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		config := jetstream.KeyValueConfig{Bucket: name, Storage: jetstream.FileStorage, LimitMarkerTTL: time.Hour}
		if r.Is("storage", "memory") {
			config.Storage = jetstream.MemoryStorage
		}
		if bucket, err = js.CreateKeyValue(ctx, config); errors.Is(err, jetstream.ErrBucketExists) {
			bucket, err = js.KeyValue(ctx, name) // another program was faster
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %q: %w", name, err)
	}
	return natskv.New(ctx, bucket)
}
