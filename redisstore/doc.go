// Package redisstore keeps sessions on Redis (7.0 or newer) and Valkey (8.0)
// servers. On one server each call is atomic and no acknowledged change is lost
// while the server lives, nor after a crash if it writes its log before it
// answers (appendfsync always). Replication is asynchronous: when a replica
// takes over, by Sentinel, in a cluster or by hand, the changes of the last
// moments that had not reached it are lost, though they were acknowledged. A
// session that was born then is gone, a changed one is as it was, and one that
// was ended or renewed then is back, until its deadline. In a cluster the index
// of an owner may lose sessions of those moments that live on another server:
// then Manager.DestroyOwner does not find them. The same holds for a
// server that restarts from a log it writes once a second, or from a snapshot.
// A server that is told to evict keys when its memory is full deletes live
// sessions; see [Store.Doctor].
//
//	store, err := redisstore.Open("redis://sessions:secret@localhost:6379", nil)
//	m, err := coatcheck.New(store, nil)
//
// # What is stored
//
// A session is one hash, coatcheck:s: and its ID. Its field "data" is what the
// manager's codec wrote, by default a JSON object: HGET coatcheck:s:… data
// shows it. "expires" is the idle deadline in milliseconds, "head" the rest.
// An owner's sessions stand in a sorted set, coatcheck:o: and the owner. On a
// cluster each key may be on another server, and no call needs two of them in
// one step: the entry in the set is made before the session, and removed some
// time after it.
//
// Whether a session has expired, its own deadlines say, by Options.Now. The
// keys' time to live only cleans up: it is five minutes longer.
//
// # What a call costs
//
// Load, Create, Replace, Touch and Delete are one round trip each; on a cluster
// the Create of a session that has an owner, which is a login, is two. Calls
// that are made at once share system calls, on one connection to each server.
// Load is an HMGET, the others are scripts that the server keeps.
//
// # When servers fail
//
// A call that the servers have refused as a whole (because they are starting,
// a cluster is moving a slot, a replica has not been promoted yet), or that
// could not be sent, is tried again until its context ends, for ten seconds if
// it has no deadline. A change that may have been made is never sent twice: its
// outcome is unknown, and a [coatcheck.Manager] finds out by the version what
// became of it. A server out of memory is [coatcheck.ErrFull]. Connections that
// Open makes end at what is no answer; a client that New is given may panic at it.
//
// # The local cache
//
// With Options.CacheSize the process keeps what it has read, and a server that
// changes one of those sessions for anybody tells it so. A read then costs no
// round trip, and may show a session as it was: for the moment that the news
// takes, mostly less than a millisecond; and while a connection is dead and
// nobody knows, until Options.CacheAge after it was read, whatever happens.
// Within that time another process may serve a session that was logged out, and
// a request may not see what the one before has saved elsewhere. Changes made
// through the same Store are seen at once. When a connection is known to be
// lost, all is dropped. What is no session, such as the note that an owner's
// sessions are being ended, is never kept. The cache is off by default.
//
// # Security
//
// Keys hold IDs, from which nobody can make a token; the data is plain text.
// An ACL user needs the commands
//
//	+@connection +hmget +hset +hdel +evalsha +eval +unlink +pexpire +pttl +time
//	+zadd +zrem +zrange +zrandmember +scan +info +cluster|nodes +cluster|slots +cluster|shards
//
// on ~coatcheck:*, for [Store.Doctor] also +config|get and +eval_ro, and for
// the local cache +client|tracking, which +@connection includes.
package redisstore
