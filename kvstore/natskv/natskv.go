// Package natskv lets sessions live in a bucket of NATS JetStream. It keeps the
// promises of package coatcheck as far as the server keeps what it has
// acknowledged: by default that writes to its disk every two minutes, so the
// death of its machine (not of its process) may cost what changed in that time
// and bring back a session that was logged out; "sync_interval: always" in its
// configuration prevents that. Among several replicas a read may be answered by
// one that lags, so [New] refuses a bucket with replicas that allows it. A
// mirror of the bucket answers reads, too, and lags more; New cannot know of
// it, so set AllowDirect to false on the stream of a bucket that is mirrored.
//
//	js, err := jetstream.New(conn)
//	bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
//		Bucket: "sessions", Storage: jetstream.FileStorage, LimitMarkerTTL: time.Hour,
//	})
//	kv, err := natskv.New(ctx, bucket)
//	store, err := kvstore.New(kv, nil)
//	m, err := coatcheck.New(store, nil)
//
// To remove a key takes room for a marker, which comes in the place of what was
// there. In a bucket that is full by its own MaxBytes sessions can still be ended
// and swept. Where the limit of the server or of the account is reached, they
// cannot, until that is raised: so give the bucket a MaxBytes below those.
//
// The bucket must have no TTL. Expired sessions are removed by the manager's
// sweep. A removed key leaves a
// marker behind; with LimitMarkerTTL (server 2.11) the server removes those,
// without it PurgeDeletes of the bucket does, now and then. Lists and sweeps read
// the names of all keys for each page: with 100,000 sessions that takes about as
// long as Options.StoreTimeout of package coatcheck allows if it is not set, so
// set it higher then.
package natskv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/kvstore"
)

// A KV is a bucket as a [kvstore.KV]. A revision is the number of the message
// that holds the value. It is safe for concurrent use. Make one with [New].
type KV struct {
	bucket  jetstream.KeyValue
	markers time.Duration // how long those of removed keys stay; 0: until they are purged
}

var (
	_ kvstore.KV                 = (*KV)(nil)
	_ kvstore.Scanner            = (*KV)(nil)
	_ kvstore.ConditionalDeleter = (*KV)(nil)
)

// New returns a bucket of a connection that stays the caller's. It asks the
// server how the bucket is set up, and returns [coatcheck.ErrUnsupported] for
// one whose replicas may answer reads that lag: set AllowDirect to false on its
// stream, whose name is "KV_" and the bucket's. The same goes for one that is a
// mirror of another, and for one with a TTL: that forgets by the age of a value,
// among others which sessions an owner has while the sessions live on; and for
// one with MaxBytes and a History of more than 1, from which nothing can be
// removed once it is full.
func New(ctx context.Context, bucket jetstream.KeyValue) (*KV, error) {
	status, err := bucket.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("natskv: %w", err)
	}
	if ttl := status.TTL(); ttl > 0 {
		return nil, fmt.Errorf("natskv: %w: bucket %s forgets after %v what is to last for longer: set MaxAge to 0 on its stream, KV_%[2]s",
			coatcheck.ErrUnsupported, bucket.Bucket(), ttl)
	}
	if s, ok := status.(*jetstream.KeyValueBucketStatus); ok {
		switch conf := s.StreamInfo().Config; {
		case conf.Mirror != nil:
			return nil, fmt.Errorf("natskv: %w: bucket %s is a mirror, whose reads lag: use the bucket that it mirrors",
				coatcheck.ErrUnsupported, bucket.Bucket())
		case conf.MaxBytes > 0 && conf.MaxMsgsPerSubject > 1:
			return nil, fmt.Errorf("natskv: %w: bucket %s keeps %d revisions of a key, so that nothing could be removed from it when it has reached its %d bytes: set History to 1",
				coatcheck.ErrUnsupported, bucket.Bucket(), conf.MaxMsgsPerSubject, conf.MaxBytes)
		case conf.Replicas > 1 && conf.AllowDirect:
			return nil, fmt.Errorf("natskv: %w: the %d replicas of bucket %s may answer reads that lag: set AllowDirect to false on stream %s",
				coatcheck.ErrUnsupported, conf.Replicas, bucket.Bucket(), conf.Name)
		}
	}
	return &KV{bucket, status.LimitMarkerTTL()}, nil
}

// Get implements [kvstore.KV].
func (k *KV) Get(ctx context.Context, key string) ([]byte, kvstore.Revision, error) {
	entry, err := k.bucket.Get(ctx, key)
	if err != nil {
		return nil, kvstore.None, translate(err)
	}
	return entry.Value(), kvstore.Revision(strconv.FormatUint(entry.Revision(), 10)), nil
}

// Put implements [kvstore.KV]. Values stay until they are deleted.
func (k *KV) Put(ctx context.Context, key string, value []byte, rev kvstore.Revision, _ time.Time) error {
	if rev == kvstore.None {
		_, err := k.bucket.Create(ctx, key, value)
		return translate(err)
	}
	at, err := parse(rev)
	if err == nil {
		_, err = k.bucket.Update(ctx, key, value, at)
	}
	return translate(err)
}

// Delete implements [kvstore.KV].
func (k *KV) Delete(ctx context.Context, key string) error { return k.purge(ctx, key) }

// DeleteIf implements [kvstore.ConditionalDeleter].
func (k *KV) DeleteIf(ctx context.Context, key string, rev kvstore.Revision) error {
	at, err := parse(rev)
	if err != nil {
		return err
	}
	return k.purge(ctx, key, jetstream.LastRevision(at))
}

// purge removes a key and all its revisions, and leaves a marker.
func (k *KV) purge(ctx context.Context, key string, opts ...jetstream.KVDeleteOpt) error {
	if k.markers > 0 {
		opts = append(opts, jetstream.PurgeTTL(k.markers))
	}
	return translate(k.bucket.Purge(ctx, key, opts...))
}

// Scan implements [kvstore.Scanner]. The prefix must end in a dot, as those of
// package kvstore do.
func (k *KV) Scan(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if !strings.HasSuffix(prefix, ".") {
		return nil, fmt.Errorf("natskv: %w: prefix %q does not end in a dot", coatcheck.ErrInvalid, prefix)
	}
	live, err := k.list(ctx, prefix+">")
	if err != nil {
		return nil, translate(err)
	}
	var keys []string
	for key := range live {
		if key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(limit, len(keys))], nil
}

// maxRounds is how often list looks at what was changed while it looked.
const maxRounds = 6

// list returns the keys that have a value. The bucket tells of its keys in the
// order of their last changes. A key that is changed meanwhile comes once more,
// behind all others, where the bucket may have stopped to tell by then: so what
// has come since is asked for, until nothing has.
func (k *KV) list(ctx context.Context, filter string) (map[string]bool, error) {
	live := map[string]bool{}
	last := uint64(0)
	for range maxRounds {
		at, err := k.follow(ctx, filter, last, live)
		if err != nil {
			return nil, err
		}
		if at == last {
			break
		}
		last = at
	}
	return live, nil
}

// follow notes what the bucket tells of keys behind a revision, and returns the
// last one that it has told of.
func (k *KV) follow(ctx context.Context, filter string, last uint64, live map[string]bool) (uint64, error) {
	opts := []jetstream.WatchOpt{jetstream.MetaOnly()}
	if last > 0 {
		opts = append(opts, jetstream.ResumeFromRevision(last+1))
	}
	told, err := k.bucket.WatchFiltered(ctx, []string{filter}, opts...)
	if err != nil {
		return 0, err
	}
	defer told.Stop()
	for {
		select {
		case entry, open := <-told.Updates():
			switch {
			case !open:
				return 0, errBrokenOff
			case entry == nil:
				return last, nil
			case entry.Operation() == jetstream.KeyValuePut:
				live[entry.Key()] = true
			default:
				delete(live, entry.Key())
			}
			last = entry.Revision()
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// errBrokenOff means that the server or the connection ended a list.
var errBrokenOff = errors.New("natskv: the list of keys was broken off")

func parse(rev kvstore.Revision) (uint64, error) {
	n, err := strconv.ParseUint(string(rev), 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("natskv: %w: a revision that no Get returned", coatcheck.ErrInvalid)
	}
	return n, nil
}

// Codes of the server's errors that package jetstream has no names for.
const (
	messageTooLong       = 10054 // over the limit that the bucket has for a value
	storeFailed          = 10077 // a limit of the stream, which the text names
	lastSequenceConstant = 10164 // as ErrKeyExists, of a stream with replicas
	accountFull          = 10002 // a limit of the account
	serverFull           = 10023 // a limit of the server
)

// translate turns what the server says into the words of the contract.
func translate(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return coatcheck.ErrNotFound
	case errors.Is(err, jetstream.ErrKeyExists):
		return coatcheck.ErrConflict
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("natskv: %w: %w", coatcheck.ErrTooLarge, err)
	case !errors.As(err, &api):
		return err
	case api.ErrorCode == lastSequenceConstant:
		return coatcheck.ErrConflict
	case api.ErrorCode == messageTooLong:
		return fmt.Errorf("natskv: %w: %w", coatcheck.ErrTooLarge, err)
	case api.ErrorCode == storeFailed && strings.Contains(api.Description, "maximum"),
		api.ErrorCode == accountFull, api.ErrorCode == serverFull:
		return fmt.Errorf("natskv: %w: %w", coatcheck.ErrFull, err)
	}
	return err
}
