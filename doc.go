// Package coatcheck keeps HTTP sessions.
package coatcheck
