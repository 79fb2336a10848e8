//go:build unix

package redisstore_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A relay stands between a store and its server. It passes one command after
// the other, and does what the test says.
type relay struct {
	addr string

	mu    sync.Mutex
	to    string                  // where new connections lead
	meet  func(cmd []string) fate // nil: pass
	seen  map[string]int          // commands that reached the server, by name
	conns []net.Conn
	muted bool // what the server says unasked is lost
}

// A fate is what becomes of a command.
type fate struct {
	answer string // the relay gives this answer itself
	lose   bool   // the server does it, but the answer is lost and the connection ends
	block  chan struct{}
}

// newRelay starts a relay to the server at addr.
func newRelay(t *testing.T, addr string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: l.Addr().String(), to: addr, seen: map[string]int{}}
	t.Cleanup(func() { l.Close(); r.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

// on sets what becomes of commands from now on.
func (r *relay) on(meet func(cmd []string) fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meet = meet
}

// count returns how many commands of these names have reached the server.
func (r *relay) count(names ...string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		n += r.seen[name]
	}
	return n
}

// lead lets new connections lead to another server.
func (r *relay) lead(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = addr
}

// mute lets what the server says unasked be lost from now on.
func (r *relay) mute(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.muted = on
}

func (r *relay) isMuted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.muted
}

// cut ends all connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

func (r *relay) serve(client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	to := r.to
	r.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	r.mu.Lock()
	r.conns = append(r.conns, client)
	r.mu.Unlock()
	in, out := bufio.NewReader(client), bufio.NewReader(server)
	answers := make(chan bool, 1) // one for each answer that was passed back
	var writing sync.Mutex
	go r.back(out, client, &writing, answers)
	for {
		raw, cmd, err := readCommand(in)
		if err != nil {
			return
		}
		r.mu.Lock()
		var f fate
		if r.meet != nil {
			f = r.meet(cmd)
		}
		if f.answer == "" {
			r.seen[strings.ToUpper(cmd[0])]++
		}
		r.mu.Unlock()
		switch {
		case f.block != nil:
			<-f.block
			return
		case f.answer != "":
			writing.Lock()
			fmt.Fprintf(client, "%s\r\n", f.answer)
			writing.Unlock()
			continue
		case f.lose:
			// Nothing more goes back; what comes first is the lost answer.
			writing.Lock()
			io.WriteString(server, raw)
			<-answers
			return
		}
		io.WriteString(server, raw)
		if !<-answers {
			return
		}
	}
}

// back passes answers and what the server says unasked.
func (r *relay) back(out *bufio.Reader, client net.Conn, writing *sync.Mutex, answers chan<- bool) {
	for {
		raw, err := readValue(out)
		if err != nil {
			answers <- false
			client.Close()
			return
		}
		push := raw[0] == '>'
		if push && r.isMuted() {
			continue
		}
		if !push && !writing.TryLock() {
			answers <- true // it is to be lost
			return
		} else if push {
			writing.Lock()
		}
		io.WriteString(client, raw)
		writing.Unlock()
		if !push {
			answers <- true
		}
	}
}

// readCommand reads a command: an array of strings.
func readCommand(r *bufio.Reader) (raw string, cmd []string, err error) {
	raw, err = readValue(r)
	if err != nil {
		return "", nil, err
	}
	rest := raw[strings.Index(raw, "\n")+1:]
	for rest != "" {
		line, after, _ := strings.Cut(rest, "\r\n")
		n, _ := strconv.Atoi(line[1:])
		cmd, rest = append(cmd, after[:n]), after[n+2:]
	}
	return raw, cmd, nil
}

// readValue reads one value of the protocol, as it is.
func readValue(r *bufio.Reader) (raw string, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$', '=', '!':
		if n < 0 {
			return line, nil
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(r, b)
		return line + string(b), err
	case '%':
		n *= 2
	case '*', '~', '>':
	default:
		return line, nil
	}
	var all strings.Builder
	all.WriteString(line)
	for range n {
		part, err := readValue(r)
		if err != nil {
			return "", err
		}
		all.WriteString(part)
	}
	return all.String(), nil
}
