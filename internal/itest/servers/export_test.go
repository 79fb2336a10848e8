//go:build unix

package servers

var FreeAddr = freeAddr
