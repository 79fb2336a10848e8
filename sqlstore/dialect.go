package sqlstore

import "strconv"

// A Dialect is what a database makes of SQL. The zero value is [Detect].
type Dialect int

// The dialects.
const (
	Detect     Dialect = iota // found out by [Open]
	SQLite                    // SQLite, from 3.35 on
	PostgreSQL                // PostgreSQL, from 9.5 on
	MySQL                     // MySQL, from 5.7 on, and MariaDB, from 10.3 on
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case Detect:
		return "Detect"
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	}
	return "Dialect(" + strconv.Itoa(int(d)) + ")"
}
