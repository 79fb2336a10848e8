// Package show writes what the program has found: data on standard output, as
// plain tables for people or as JSON for programs, and messages on standard
// error. Nothing that a session holds reaches the terminal unescaped.
package show
