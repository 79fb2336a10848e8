package main

import (
	"time"
	"unicode/utf8"

	"github.com/coatcheck/coatcheck"
)

// A session is what --json says of one. What is not known is left out.
type session struct {
	ID          coatcheck.ID `json:"id"`
	Owner       string       `json:"owner"` // "" for nobody
	OwnerBytes  []byte       `json:"owner_base64,omitempty"`
	Created     time.Time    `json:"created"`
	AuthTime    *time.Time   `json:"auth_time,omitempty"`
	LastSeen    time.Time    `json:"last_seen"`
	Expires     time.Time    `json:"expires"`
	Deadline    time.Time    `json:"deadline"`
	Device      string       `json:"device,omitempty"`
	Address     string       `json:"address,omitempty"`
	Persistent  bool         `json:"persistent"`
	Bytes       int          `json:"bytes"`
	Values      any          `json:"values,omitempty"`
	ValuesBytes []byte       `json:"values_base64,omitempty"` // in the place of Values if they are no JSON
}

// sessionOf returns what there is to say of a session. JSON has no bytes that
// are not UTF-8, so an owner that has such is there in base64 as well.
func sessionOf(i *coatcheck.Info) *session {
	s := &session{
		ID: i.ID, Owner: i.Owner, Created: i.Created, LastSeen: i.LastSeen, Expires: i.Expires,
		Deadline: i.Deadline, Device: i.Device, Address: i.Address, Persistent: i.Persistent, Bytes: i.Bytes,
	}
	if !i.AuthTime.IsZero() {
		s.AuthTime = &i.AuthTime
	}
	if !utf8.ValidString(i.Owner) {
		s.OwnerBytes = []byte(i.Owner)
	}
	return s
}
