// Package crash kills processes, and cuts the power of file systems, in the midst
// of their work on a store, and then holds the store to every word that it had
// acknowledged.
//
// A [Worker] makes calls on sessions that are its own, and on a few that all
// share. Before each call it notes in a [Journal] what it is about to do, and
// after it that the store has said yes. The journal is memory that outlives the
// process, in the hands of the parent. Whatever is noted as done must be found
// afterwards: the values, their deadlines, and the absence of what was deleted.
// Of a call under way when the end came, either outcome will do.
//
// A [Target] is a store and how to open it. Those that are broken on purpose are
// there to show that the harness sees what it looks for.
package crash
