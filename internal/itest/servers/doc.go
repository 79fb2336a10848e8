// Package servers starts real database servers for tests and benchmarks: each
// in a temporary folder of its own, on a free port of the loopback interface,
// with a password, and gone with the process that started it, however that
// ends.
//
// The programs come from the system's packages (scripts/deps.sh). Nothing of
// the system's own databases is used or changed. A server that must not run as
// root runs as the user that its package made for it.
//
// A server does not wait for the disk, unless Options.Durable says so: what it
// has answered survives the death of its process, not that of the machine.
package servers
