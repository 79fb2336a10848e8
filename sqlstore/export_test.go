package sqlstore

// Head and ReadHead are the stored form of most of a record.
var (
	Head     = head
	ReadHead = readHead
)

// Hasten takes the ways that the driver of a package allows.
func (s *Store) Hasten(driver string) { s.hasten(driver) }

// Late is what a Delete meets that has the prepared statement in its hands when
// another call finds it outgrown, and whether it is repeated.
func (s *Store) Late() (repeated bool, err error) {
	p := s.remove.prepared.Load()
	outgrown := s.remove.met(p, outgrownError{})
	_, err = p.Exec(make([]byte, 32))
	err = s.remove.met(p, err)
	return isTransient(err) && isTransient(outgrown), err
}

// outgrownError is PostgreSQL's.
type outgrownError struct{}

func (outgrownError) Error() string    { return "cached plan must not change result type" }
func (outgrownError) SQLState() string { return "0A000" }
