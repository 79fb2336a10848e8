package coatcheck_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// A tcpListener watches the server's sockets.
type tcpListener struct {
	net.Listener
	written atomic.Int64 // bytes that the server wrote
	mu      sync.Mutex
	sources []io.Reader // what it copied from, as sendfile does
}

func (l *tcpListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tcpConn{c.(*net.TCPConn), l}, nil
}

// A tcpConn is a socket that tells its listener what goes out.
type tcpConn struct {
	*net.TCPConn
	l *tcpListener
}

func (c *tcpConn) Write(b []byte) (int, error) {
	c.l.written.Add(int64(len(b)))
	return c.TCPConn.Write(b)
}

func (c *tcpConn) ReadFrom(src io.Reader) (int64, error) {
	c.l.mu.Lock()
	c.l.sources = append(c.l.sources, src)
	c.l.mu.Unlock()
	n, err := c.TCPConn.ReadFrom(src)
	c.l.written.Add(n)
	return n, err
}
