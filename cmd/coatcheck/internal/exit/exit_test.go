package exit_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/exit"
	"github.com/coatcheck/coatcheck/ring"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want exit.Code
	}{
		{nil, exit.OK},
		{errors.New("anything"), exit.Failed},
		{coatcheck.ErrUnsupported, exit.Failed},
		{coatcheck.ErrFull, exit.Failed},
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, exit.Failed},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, exit.Failed},
		{coatcheck.ErrNotFound, exit.NotFound},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, exit.NotFound},
		{&pgconn.PgError{Code: "3D000"}, exit.NotFound},
		{&mysql.MySQLError{Number: 1049}, exit.NotFound},
		{coatcheck.ErrExists, exit.Busy},
		{coatcheck.ErrConflict, exit.Busy},
		{os.NewSyscallError("flock", syscall.EWOULDBLOCK), exit.Busy},
		{&pgconn.PgError{Code: "55P03"}, exit.Busy},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, exit.Unreachable},
		{&net.OpError{Op: "listen", Err: syscall.EADDRINUSE}, exit.Failed},
		{&net.DNSError{IsTimeout: true}, exit.Unreachable},
		{&net.DNSError{IsNotFound: true}, exit.Unreachable},
		{context.DeadlineExceeded, exit.Unreachable},
		{driver.ErrBadConn, exit.Unreachable},
		{nats.ErrNoServers, exit.Unreachable},
		{nats.ErrTimeout, exit.Unreachable},
		{&pgconn.PgError{Code: "57P03"}, exit.Unreachable},
		{&pgconn.PgError{Code: "28P01"}, exit.Failed},
		{coatcheck.ErrCorrupt, exit.Corrupt},
		{&ring.PartialError{Err: context.DeadlineExceeded}, exit.Partial},
		{context.Canceled, exit.Interrupted},
		{exit.With(exit.Partial, coatcheck.ErrNotFound), exit.Partial},
	} {
		if got := exit.Of(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		wrapped := fmt.Errorf("doing it: %w", c.err)
		if got := exit.Of(wrapped); got != c.want {
			t.Errorf("%v: %d, want %d", wrapped, got, c.want)
		}
	}
	if err := exit.With(exit.Busy, nil); err != nil {
		t.Errorf("no error with a code is %v", err)
	}
}
