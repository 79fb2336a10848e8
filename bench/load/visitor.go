package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// A visitor is one connection with one session: a client that does little
// more than system calls, so that the processor is left to the server. It
// understands what the pages here reply, not HTTP at large.
type visitor struct {
	conn net.Conn
	in   *bufio.Reader
	host string
	jar  Jar

	request   []byte // for the page below, with the cookies of the jar
	requested string
	body      []byte
}

// visitTimeout bounds a whole cell's conversation.
const visitTimeout = 10 * time.Minute

func newVisitor(addr string) (*visitor, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(visitTimeout)); err != nil {
		return nil, err
	}
	return &visitor{conn: conn, in: bufio.NewReader(conn), host: addr}, nil
}

func (v *visitor) close() { _ = v.conn.Close() }

// get requests the page and returns the reply's body, which is good until the
// next get. A status other than 200 is an error.
func (v *visitor) get(page string) ([]byte, error) {
	if v.requested != page {
		v.request = v.request[:0]
		v.request = append(v.request, "GET "+page+" HTTP/1.1\r\nHost: "+v.host+"\r\n"...)
		if v.jar.Header() != "" {
			v.request = append(v.request, "Cookie: "+v.jar.Header()+"\r\n"...)
		}
		v.request = append(v.request, "\r\n"...)
		v.requested = page
	}
	if _, err := v.conn.Write(v.request); err != nil {
		return nil, err
	}
	return v.reply()
}

var (
	lengthName = []byte("Content-Length: ")
	cookieName = []byte("Set-Cookie: ")
	httpOK     = []byte("HTTP/1.1 200 ")
)

// reply reads one reply with a Content-Length.
func (v *visitor) reply() ([]byte, error) {
	line, err := v.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	ok, status := bytes.HasPrefix(line, httpOK), string(bytes.TrimSpace(line))
	length := -1
	for {
		if line, err = v.in.ReadSlice('\n'); err != nil {
			return nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, ok := cutName(line, lengthName); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, fmt.Errorf("Content-Length: %w", err)
			}
		} else if value, ok := cutName(line, cookieName); ok {
			v.keep(string(value))
		}
	}
	if length < 0 {
		return nil, errors.New("reply without Content-Length")
	}
	if cap(v.body) < length {
		v.body = make([]byte, length)
	}
	v.body = v.body[:length]
	if _, err := io.ReadFull(v.in, v.body); err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s: %q", status, v.body)
	}
	return v.body, nil
}

// keep puts a cookie into the jar; if that changes what is sent, the request
// is built anew.
func (v *visitor) keep(setCookie string) {
	before := v.jar.Header()
	v.jar.Put(setCookie)
	if v.jar.Header() != before {
		v.requested = ""
	}
}

// cutName returns the value of a header line that begins with the name, in
// any case.
func cutName(line, name []byte) ([]byte, bool) {
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], name) {
		return nil, false
	}
	return line[len(name):], true
}
