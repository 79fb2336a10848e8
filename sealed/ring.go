package sealed

// A ringKey is a key made ready for one purpose.
type ringKey struct {
	id     [idBytes]byte
	cipher *xaes
}

// maxKeys is more than any rotation needs.
const maxKeys = 16

// newRing makes keys ready. The first seals.
func newRing(keys []Key, purpose string) ([]ringKey, error) {
	switch {
	case len(keys) == 0:
		return nil, invalid("New needs a key: NewKey draws one, which has to be kept")
	case len(keys) > maxKeys:
		return nil, invalid("%d keys; at most %d are allowed: remove those that are older than the absolute timeout", len(keys), maxKeys)
	}
	ring := make([]ringKey, 0, len(keys))
	for i, k := range keys {
		if k.secret == "" {
			return nil, invalid("key %d is the zero Key: make it by NewKey, KeyOf, ParseKey or ReadKeys", i+1)
		}
		id := k.id()
		for j := range ring {
			if ring[j].id == id {
				return nil, invalid("keys %d and %d have the same ID, %s: leave one out, or draw another", j+1, i+1, k.ID())
			}
		}
		cipher, err := newXAES(k.derive("seal "+purpose, xaesKey))
		if err != nil {
			return nil, err
		}
		ring = append(ring, ringKey{id, cipher})
	}
	return ring, nil
}

// find returns the key of an ID, nil if it is not there. No other is tried.
func (s *Store) find(id [idBytes]byte) *ringKey {
	for i := range s.ring {
		if s.ring[i].id == id {
			return &s.ring[i]
		}
	}
	return nil
}
