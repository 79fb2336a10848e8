// Package etcdkv lets sessions live in etcd. It keeps every promise of package
// coatcheck, the death of a minority of the cluster's members included: etcd
// answers reads and writes by consensus, and writes to disk before it answers.
// It is made for configuration rather than for traffic, so expect hundreds of
// changes a second rather than tens of thousands, and sessions of kilobytes.
//
//	client, err := clientv3.New(clientv3.Config{Endpoints: …})
//	store, err := kvstore.New(etcdkv.New(client), nil)
//	m, err := coatcheck.New(store, nil)
//
// Expired sessions are removed by the manager's sweep. Changes leave old
// revisions behind, so run etcd with --auto-compaction-retention, as always.
package etcdkv

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// A KV is an etcd cluster as a [kvstore.KV]. A revision is the key's
// modification revision. It is safe for concurrent use. Make one with [New].
type KV struct{ client *clientv3.Client }

var (
	_ kvstore.KV                 = (*KV)(nil)
	_ kvstore.Scanner            = (*KV)(nil)
	_ kvstore.ConditionalDeleter = (*KV)(nil)
)

// New returns the cluster that client is connected to. The client stays the
// caller's, who closes it after the manager.
func New(client *clientv3.Client) *KV { return &KV{client} }

// Get implements [kvstore.KV].
func (k *KV) Get(ctx context.Context, key string) ([]byte, kvstore.Revision, error) {
	res, err := k.client.Get(ctx, key)
	switch {
	case err != nil:
		return nil, kvstore.None, translate(err)
	case len(res.Kvs) == 0:
		return nil, kvstore.None, coatcheck.ErrNotFound
	}
	found := res.Kvs[0]
	return found.Value, kvstore.Revision(strconv.FormatInt(found.ModRevision, 10)), nil
}

// Put implements [kvstore.KV]. Values stay until they are deleted.
func (k *KV) Put(ctx context.Context, key string, value []byte, rev kvstore.Revision, _ time.Time) error {
	return k.change(ctx, key, rev, clientv3.OpPut(key, string(value)))
}

// Delete implements [kvstore.KV].
func (k *KV) Delete(ctx context.Context, key string) error {
	_, err := k.client.Delete(ctx, key)
	return translate(err)
}

// DeleteIf implements [kvstore.ConditionalDeleter].
func (k *KV) DeleteIf(ctx context.Context, key string, rev kvstore.Revision) error {
	return k.change(ctx, key, rev, clientv3.OpDelete(key))
}

// change does op if the key's revision is rev. A missing key has the revision
// zero.
func (k *KV) change(ctx context.Context, key string, rev kvstore.Revision, op clientv3.Op) error {
	var at int64
	if rev != kvstore.None {
		n, err := strconv.ParseInt(string(rev), 10, 64)
		if err != nil {
			return fmt.Errorf("etcdkv: %w: a revision that no Get returned", coatcheck.ErrInvalid)
		}
		at = n
	}
	res, err := k.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", at)).Then(op).Commit()
	switch {
	case err != nil:
		return translate(err)
	case !res.Succeeded:
		return coatcheck.ErrConflict
	}
	return nil
}

// Scan implements [kvstore.Scanner].
func (k *KV) Scan(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	from := prefix
	if after >= prefix {
		from = after + "\x00" // the next key that there can be
	}
	res, err := k.client.Get(ctx, from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)),
		clientv3.WithKeysOnly(), clientv3.WithLimit(int64(limit)))
	if err != nil {
		return nil, translate(err)
	}
	keys := make([]string, len(res.Kvs))
	for i, found := range res.Kvs {
		keys[i] = string(found.Key)
	}
	return keys, nil
}

// clientLimit is what the client says of a message that is over its own limit,
// clientv3.Config.MaxCallSendMsgSize, and that it has not sent.
const clientLimit = "trying to send message larger than max"

// translate turns what etcd says of limits into the words of the contract.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rpctypes.ErrRequestTooLarge), strings.Contains(err.Error(), clientLimit):
		return fmt.Errorf("etcdkv: %w: %w", coatcheck.ErrTooLarge, err)
	case errors.Is(err, rpctypes.ErrNoSpace):
		return fmt.Errorf("etcdkv: %w: %w", coatcheck.ErrFull, err)
	}
	return err
}
