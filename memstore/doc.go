// Package memstore keeps sessions in memory.
package memstore
