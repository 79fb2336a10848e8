package sqlstore

// Head and ReadHead are the stored form of most of a record.
var (
	Head     = head
	ReadHead = readHead
)

// Hasten takes the ways that the driver of a package allows.
func (s *Store) Hasten(driver string) { s.hasten(driver) }
