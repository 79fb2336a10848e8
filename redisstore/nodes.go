package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/valkey-io/valkey-go"
)

// A node is a primary server.
type node struct {
	addr   string
	client valkey.Client

	// What it says of itself, or why it says nothing.
	err     error
	process string // which process it is: another one has other positions
	primary bool
	part    string // its part of a cluster's slots
	slots   int    // how many those are
	moving  bool   // some are on their way from it or to it
}

// slotCount is the number of slots of a cluster.
const slotCount = 16384

// primaries returns the servers that hold all records, in the order of their
// addresses.
func (s *Store) primaries(ctx context.Context) ([]node, error) {
	var nodes []node
	err := s.persist(ctx, "find the servers", func(ctx context.Context) (err error) {
		nodes, err = s.survey(ctx)
		return err
	})
	return nodes, err
}

// persist calls attempt until it works, or cannot, or time is up. It is for
// what changes nothing.
func (s *Store) persist(ctx context.Context, op string, attempt func(ctx context.Context) error) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	for try := 0; ; try++ {
		if err := s.usable(ctx); err != nil {
			return err
		}
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if s.judge(ctx, err) == final || !pause(ctx, try) {
			return explain(op, err)
		}
	}
}

// survey asks all servers that the client knows who they are.
func (s *Store) survey(ctx context.Context) ([]node, error) {
	client, err := s.link.client(ctx)
	if err != nil {
		return nil, err
	}
	clustered := client.Mode() == valkey.ClientModeCluster
	all := client.Nodes()
	answers := make(chan node, len(all))
	for addr, c := range all {
		go func() {
			n := node{addr: addr, client: c}
			n.err = n.inquire(ctx, clustered)
			answers <- n
		}()
	}
	var nodes []node
	var failed error
	slots := 0
	for range all {
		if slots == slotCount {
			break // a replica that does not answer is none of our business
		}
		select {
		case n := <-answers:
			if n.err != nil {
				failed = fmt.Errorf("%s: %w", n.addr, n.err)
			} else if n.primary {
				nodes, slots = append(nodes, n), slots+n.slots
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if len(nodes) == 0 || clustered && slots != slotCount {
		return nil, cmp.Or(failed, fmt.Errorf("the servers found have %d of %d slots", slots, slotCount))
	}
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Compare(a.addr, b.addr) })
	return nodes, nil
}

// scanKeys is how many keys a server looks at in one call.
const scanKeys = 1000

// inquire asks a server who it is, and whether it is a primary.
func (n *node) inquire(ctx context.Context, clustered bool) error {
	info, err := n.info(ctx, "server")
	if err != nil {
		return err
	}
	n.process, n.primary = info["run_id"], !clustered
	if !clustered {
		return nil
	}
	text, err := n.client.Do(ctx, n.client.B().ClusterNodes().Build()).ToString()
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) >= 8 && strings.Contains(words[2], "myself") {
			n.part = strings.Join(words[8:], " ")
			n.slots, n.moving = countSlots(words[8:])
			n.primary = n.slots > 0 && strings.Contains(words[2], "master")
		}
	}
	return nil
}

// countSlots reads the slots of a server, as CLUSTER NODES shows them.
func countSlots(ranges []string) (n int, moving bool) {
	for _, r := range ranges {
		if strings.HasPrefix(r, "[") {
			moving = true
			continue
		}
		low, high, ok := strings.Cut(r, "-")
		if !ok {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 == nil && err2 == nil && to >= from {
			n += to - from + 1
		}
	}
	return n, moving
}

// info returns a section of what a server tells about itself.
func (n *node) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := n.client.Do(ctx, n.client.B().Info().Section(section).Build()).ToString()
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}

// scan reads some names of keys that begin with a prefix, beginning at a
// position (0 is the start), and the position of the next ones, 0 at the end.
// The server looks at about so many keys, of any name.
func (n *node) scan(ctx context.Context, prefix string, from uint64, count int64) (names []string, next uint64, err error) {
	r, err := n.client.Do(ctx, n.client.B().Scan().Cursor(from).Match(pattern(prefix)).Count(count).Build()).AsScanEntry()
	return r.Elements, r.Cursor, err
}
