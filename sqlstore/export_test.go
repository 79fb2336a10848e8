package sqlstore

// Head and ReadHead are the stored form of most of a record.
var (
	Head     = head
	ReadHead = readHead
)
