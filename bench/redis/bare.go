package main

import (
	"context"
	"net"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/bench/pages"
)

// openBare does with one hash a session what our store does, through the same
// client library: an HMGET reads it, and an HSET without any check counts.
func openBare(p place) (func(net.Listener) error, error) {
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: []string{p.Addr}, Password: p.Password, ForceSingleClient: true, DisableCache: true,
		PipelineMultiplex: -1, MaxFlushDelay: 20 * time.Microsecond, AlwaysPipelining: true,
	})
	if err != nil {
		return nil, err
	}
	key := func(id coatcheck.ID) string { return "bare:" + valkey.BinaryString(id[:]) }
	return pages.Serve(pages.Bare(pages.Shelf{
		Create: func(ctx context.Context, rec *coatcheck.Record) error {
			return client.Do(ctx, client.B().Hset().Key(key(rec.ID)).FieldValue().
				FieldValue("data", valkey.BinaryString(rec.Data)).FieldValue("head", valkey.BinaryString(rec.Meta)).
				FieldValue("expires", "1800000000000").Build()).Error()
		},
		Read: func(ctx context.Context, id coatcheck.ID) ([]byte, error) {
			values, err := client.Do(ctx, client.B().Hmget().Key(key(id)).Field("expires", "head", "data").Build()).ToArray()
			if err != nil {
				return nil, err
			}
			return values[2].AsBytes()
		},
		Write: func(ctx context.Context, id coatcheck.ID, data []byte) error {
			return client.Do(ctx, client.B().Hset().Key(key(id)).FieldValue().
				FieldValue("data", valkey.BinaryString(data)).Build()).Error()
		},
	})), nil
}
