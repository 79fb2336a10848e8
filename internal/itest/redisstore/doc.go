// Package redisstore holds the tests of the Redis store that need real servers.
// It exports nothing.
package redisstore
