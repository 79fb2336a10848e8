package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-io/valkey-go"
)

// A Finding is a setting of a server that may cost sessions.
type Finding struct {
	Server  string // the server's address
	Setting string // the setting, as the server calls it
	Text    string // what it means for sessions, and what to do
}

// String returns the finding as a line of text.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Server, f.Setting, f.Text) }

// Doctor reads the servers' settings and returns those that may cost sessions:
// too old a version, an eviction policy that takes live sessions, nothing
// written to disk or late, replicas that a failover would promote without the
// last changes, a replica in the place of a primary, a clock that differs from
// the store's. None is an error. What a server does not tell is left out:
// managed ones often refuse CONFIG. Call it when the program starts, and log
// what it finds.
func (s *Store) Doctor(ctx context.Context) ([]Finding, error) {
	nodes, err := s.primaries(ctx)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for i := range nodes {
		x := examination{store: s, node: &nodes[i]}
		err := s.persist(ctx, "doctor", x.read)
		if err != nil {
			return nil, err
		}
		x.judge()
		found = append(found, x.found...)
	}
	f, err := s.readsReplicas(ctx)
	return append(found, f...), err
}

// An examination is that of one server.
type examination struct {
	store  *Store
	node   *node
	info   map[string]string
	config map[string]string // empty if the server does not tell
	ahead  time.Duration     // of its clock
	found  []Finding
}

// read asks the server.
func (x *examination) read(ctx context.Context) (err error) {
	n := x.node
	if x.info, err = n.info(ctx, "everything"); err != nil {
		return err
	}
	b := n.client.B()
	x.config, err = n.client.Do(ctx, b.ConfigGet().Parameter("save", "appendfsync", "min-replicas-to-write").Build()).AsStrMap()
	if _, refused := valkey.IsValkeyErr(err); err != nil && !refused {
		return err
	}
	now, err := n.client.Do(ctx, b.Time().Build()).AsStrSlice()
	if err != nil || len(now) != 2 {
		return errors.Join(err, ctx.Err())
	}
	seconds, err := strconv.ParseInt(now[0], 10, 64)
	x.ahead = time.Unix(seconds, 0).Sub(x.store.now())
	return err
}

// maxAhead is by how much clocks may differ before Doctor says so.
const maxAhead = time.Minute

// judge finds what is wrong.
func (x *examination) judge() {
	if v := x.info["redis_version"]; major(v) < 7 {
		x.report("redis_version", "%s is too old: scripts need Redis 7.0 or Valkey", v)
	}
	if p := x.info["maxmemory_policy"]; p != "" && p != "noeviction" && p != "volatile-ttl" {
		x.report("maxmemory-policy", "%s deletes live sessions when memory is short, the active ones too: set noeviction, or volatile-ttl to lose those first that end soonest", p)
	}
	if x.info["role"] == "slave" {
		x.report("role", "this is a replica: it shows changes late and takes none; give the address of its primary, or of the sentinels")
	}
	if d := x.ahead; d.Abs() > maxAhead {
		x.report("time", "the server's clock is %v ahead of this machine's: set both by NTP", d.Round(time.Second))
	}
	x.judgeDisk()
	replicas := x.info["connected_slaves"]
	if need, ok := x.config["min-replicas-to-write"]; ok && need == "0" && replicas != "" && replicas != "0" {
		x.report("min-replicas-to-write", "it is 0: a primary that is cut off from its replicas goes on taking changes, which a failover then loses; 1 shortens that time")
	}
}

// judgeDisk finds out what a crash of the server costs.
func (x *examination) judgeDisk() {
	save, told := x.config["save"]
	switch {
	case x.info["aof_enabled"] == "1":
		if f := x.config["appendfsync"]; f == "everysec" || f == "no" {
			x.report("appendfsync", "%s: a crash of the machine loses the changes of the last seconds, and may bring back a session that was ended then; always loses none", f)
		}
	case told && save == "":
		x.report("appendonly", "nothing is written to disk: a restart of the server ends all sessions; set appendonly yes")
	case x.info["aof_enabled"] == "0":
		x.report("appendonly", "snapshots only: a crash of the server loses the changes since the last one, and brings back sessions that were ended since; set appendonly yes")
	}
}

func (x *examination) report(setting, format string, args ...any) {
	x.found = append(x.found, Finding{x.node.addr, setting, fmt.Sprintf(format, args...)})
}

// major is the first number of a version.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 7 // it is none that we know how to compare
	}
	return n
}

// readsReplicas asks as a read would be asked who answers it: a client of the
// caller's may send reads to replicas.
func (s *Store) readsReplicas(ctx context.Context) ([]Finding, error) {
	if s.link.connect != nil {
		return nil, nil // ours does not
	}
	const role = "return redis.call('INFO', 'replication')"
	msg, err := s.send(ctx, s.link, command{
		op: "doctor", read: true, words: []string{"EVAL_RO", role, "1"}, keys: []string{s.keys.owner("doctor")},
	})
	if err != nil {
		return nil, err
	}
	if text, _ := msg.ToString(); strings.Contains(text, "role:slave") {
		return []Finding{{"client", "SendToReplicas", "the client sends reads to replicas, which show changes late: a session that was ended may still be served, and one that was just born be missing"}}, nil
	}
	return nil, nil
}
