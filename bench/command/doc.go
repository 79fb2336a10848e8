// Package command is what the programs of the benchmarks have in common: how
// they begin, read their flags, and end.
package command
