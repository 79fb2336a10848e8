//go:build unix

package servers

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

// A RedisCluster is a cluster of Redis servers on this machine.
type RedisCluster struct {
	// Nodes are the servers: at the start the first half are the primaries,
	// and each of the others is the replica of the primary that stands as far
	// from the first.
	Nodes []*Server
}

// clusterPrimaries is how many primaries a cluster has.
const clusterPrimaries = 3

// StartRedisCluster starts three primaries with a third of the slots each, and
// a replica of each. A server that is silent for so many milliseconds is taken
// for dead.
func StartRedisCluster(nodeTimeout int) (*RedisCluster, error) {
	c := &RedisCluster{Nodes: make([]*Server, 2*clusterPrimaries)}
	errs := make([]error, len(c.Nodes))
	var all sync.WaitGroup
	for i := range c.Nodes {
		all.Add(1)
		go func() {
			defer all.Done()
			c.Nodes[i], errs[i] = clusterNode(nodeTimeout)
		}()
	}
	all.Wait()
	err := errors.Join(errs...)
	if err == nil {
		err = c.join()
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func clusterNode(nodeTimeout int) (*Server, error) {
	bus, err := freeAddr()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(bus)
	return Redis(&Options{Args: []string{
		"--cluster-enabled", "yes", "--cluster-port", port, "--cluster-node-timeout", fmt.Sprint(nodeTimeout),
		"--cluster-replica-validity-factor", "0", "--cluster-require-full-coverage", "yes",
	}})
}

// join makes a cluster of the servers.
func (c *RedisCluster) join() error {
	const slots = 16384
	for i, n := range c.Nodes {
		if _, err := RedisCLI(n.Addr, "cluster", "set-config-epoch", fmt.Sprint(i+1)); err != nil {
			return err
		}
		if i < clusterPrimaries {
			from, to := slots*i/clusterPrimaries, slots*(i+1)/clusterPrimaries-1
			if _, err := RedisCLI(n.Addr, "cluster", "addslotsrange", fmt.Sprint(from), fmt.Sprint(to)); err != nil {
				return err
			}
		}
		if i > 0 {
			if err := c.meet(c.Nodes[0], n); err != nil {
				return err
			}
		}
	}
	for i, n := range c.Nodes[clusterPrimaries:] {
		id, err := RedisCLI(c.Nodes[i].Addr, "cluster", "myid")
		if err != nil {
			return err
		}
		err = await("a replica knows its primary", func() error {
			_, err := RedisCLI(n.Addr, "cluster", "replicate", id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return c.Settle(c.Nodes...)
}

// meet introduces two servers. A bus port that is not the default one has to be
// told.
func (c *RedisCluster) meet(to, n *Server) error {
	bus, err := RedisCLI(n.Addr, "config", "get", "cluster-port")
	if err != nil {
		return err
	}
	words := strings.Fields(bus)
	host, port, _ := strings.Cut(n.Addr, ":")
	_, err = RedisCLI(to.Addr, "cluster", "meet", host, port, words[len(words)-1])
	return err
}

// Settle waits until these servers agree that all is well: each slot has a
// primary and each replica is in step with its own.
func (c *RedisCluster) Settle(nodes ...*Server) error {
	for _, n := range nodes {
		err := await("the cluster settles", func() error {
			info, err := RedisCLI(n.Addr, "cluster", "info")
			if err == nil && (!strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_size:3") ||
				!strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", len(c.Nodes)))) {
				err = errNotYet
			}
			if err != nil {
				return err
			}
			role, err := RedisCLI(n.Addr, "role")
			if err == nil && strings.HasPrefix(role, "slave") && !strings.Contains(role, "connected") {
				err = errNotYet
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Addrs returns the addresses of all servers, with commas between.
func (c *RedisCluster) Addrs() string {
	addrs := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		addrs[i] = n.Addr
	}
	return strings.Join(addrs, ",")
}

// Stop stops all servers.
func (c *RedisCluster) Stop() (err error) {
	for _, n := range c.Nodes {
		if n != nil {
			err = errors.Join(err, n.Stop())
		}
	}
	return err
}

// MoveSlots moves so many slots from one primary to another, with the keys in
// them, while the cluster is in use.
func (c *RedisCluster) MoveSlots(from, to *Server, slots int) error {
	source, err := RedisCLI(from.Addr, "cluster", "myid")
	if err != nil {
		return err
	}
	target, err := RedisCLI(to.Addr, "cluster", "myid")
	if err != nil {
		return err
	}
	var failed error
	err = await("the nodes agree on who has the slots", func() error {
		_, failed = RedisCLI(from.Addr, "--cluster", "reshard", from.Addr, "--cluster-from", source, "--cluster-to", target,
			"--cluster-slots", fmt.Sprint(slots), "--cluster-yes")
		if failed != nil && strings.Contains(failed.Error(), "Nodes don't agree about configuration") {
			return failed // before anything was moved: the last move is not known to all yet
		}
		return nil
	})
	return errors.Join(err, failed)
}

// Primaries returns the servers that are primaries now.
func (c *RedisCluster) Primaries() (primaries []*Server, err error) {
	for _, n := range c.Nodes {
		role, err := RedisCLI(n.Addr, "role")
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(role, "master") {
			primaries = append(primaries, n)
		}
	}
	return primaries, nil
}
