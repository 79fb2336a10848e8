package coatcheck_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

// What follows is as much of RFC 6455 as an echo of short texts needs.

// tcpAccept answers the key of a WebSocket handshake.
func tcpAccept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// tcpReadFrame reads one final frame of less than 126 bytes, masked or not.
func tcpReadFrame(r io.Reader) (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	var mask [4]byte
	if head[1]&0x80 != 0 {
		if _, err = io.ReadFull(r, mask[:]); err != nil {
			return 0, nil, err
		}
	}
	if head[0]&0x80 == 0 || head[1]&0x7f > 125 {
		return 0, nil, errors.New("the frame is long or a fragment")
	}
	payload = make([]byte, head[1]&0x7f)
	if _, err = io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0] & 0x0f, payload, nil
}

const (
	tcpText  = 1
	tcpClose = 8
)

// tcpEcho sends every text back until the client closes.
func tcpEcho(conn *bufio.ReadWriter, heard func(string)) error {
	for {
		opcode, payload, err := tcpReadFrame(conn)
		if err != nil {
			return err
		}
		_, _ = conn.Write([]byte{0x80 | opcode, byte(len(payload))})
		_, _ = conn.Write(payload)
		if err := conn.Flush(); err != nil || opcode == tcpClose {
			return err
		}
		heard(string(payload))
	}
}

// tcpUpgrades are the two ways in which WebSocket libraries take a connection:
// by writing the answer to it themselves, or by WriteHeader.
var tcpUpgrades = map[string]func(http.ResponseWriter, *http.Request) (net.Conn, *bufio.ReadWriter, error){
	"Hijack": func(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter, error) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return nil, nil, err
		}
		_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			tcpAccept(r.Header.Get("Sec-WebSocket-Key")))
		return conn, rw, err
	},
	"WriteHeader": func(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter, error) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Accept", tcpAccept(r.Header.Get("Sec-WebSocket-Key")))
		w.WriteHeader(http.StatusSwitchingProtocols)
		return http.NewResponseController(w).Hijack()
	},
}

// A tcpSocket is the client's end of a WebSocket.
type tcpSocket struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	resp *http.Response
}

// dial makes the handshake with the browser's cookie.
func (site *tcpSite) dial(path string) *tcpSocket {
	site.t.Helper()
	conn, err := net.Dial("tcp", site.server.Listener.Addr().String())
	if err != nil {
		site.t.Fatal(err)
	}
	site.t.Cleanup(func() { _ = conn.Close() })
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: site\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", path, key)
	if token := site.token(); token != "" {
		fmt.Fprintf(conn, "Cookie: id=%s\r\n", string(token))
	}
	fmt.Fprint(conn, "\r\n")
	s := &tcpSocket{t: site.t, conn: conn, r: bufio.NewReader(conn)}
	if s.resp, err = http.ReadResponse(s.r, nil); err != nil {
		site.t.Fatal(err)
	}
	if s.resp.StatusCode == http.StatusSwitchingProtocols && s.resp.Header.Get("Sec-WebSocket-Accept") != tcpAccept(key) {
		site.t.Errorf("the handshake went wrong: %v", s.resp.Header)
	}
	return s
}

// says sends a text and wants it back.
func (s *tcpSocket) says(text string) {
	s.t.Helper()
	if got := s.exchange(tcpText, text); got != text {
		s.t.Errorf("the echo of %q is %q", text, got)
	}
}

func (s *tcpSocket) closes() { s.exchange(tcpClose, "") }

func (s *tcpSocket) exchange(opcode byte, text string) string {
	s.t.Helper()
	mask := []byte{0xde, 0xad, 0xbe, 0xef}
	frame := append([]byte{0x80 | opcode, 0x80 | byte(len(text))}, mask...)
	for i := range len(text) {
		frame = append(frame, text[i]^mask[i%4])
	}
	if _, err := s.conn.Write(frame); err != nil {
		s.t.Fatal(err)
	}
	got, payload, err := tcpReadFrame(s.r)
	if err != nil || got != opcode {
		s.t.Fatalf("frame of kind %d, %v", got, err)
	}
	return string(payload)
}
