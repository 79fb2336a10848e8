// Package transfer_test copies stores with the program itself, which is killed
// again and again while FROM is in use.
package transfer_test
