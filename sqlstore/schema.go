package sqlstore

import (
	"fmt"
	"strings"
)

// A schema is the statements that make the table and its indexes.
type schema struct {
	table   string
	indexes []string // MySQL has them in the table
	bucket  string   // the definition of the column that earlier tables lack
}

// Types of columns.
var types = map[Dialect]struct{ id, owner, data, head string }{
	SQLite:     {"BLOB", "BLOB", "BLOB", "BLOB"},
	PostgreSQL: {"bytea", "bytea", "bytea", "bytea"},
	MySQL:      {"VARBINARY(32)", "VARBINARY(1024)", "MEDIUMBLOB", "VARBINARY(2200)"},
}

// schema returns what makes the table. Most touches change no column that is
// in an index, so that PostgreSQL can put the new version of a row beside the
// old one: the fill factor leaves room for that.
func (s *Store) schema() schema {
	d := s.opts.Dialect
	t := types[d]
	number := "BIGINT"
	if d == SQLite {
		number = "INTEGER"
	}
	columns := []string{
		"@id " + t.id + " NOT NULL PRIMARY KEY", "@owner " + t.owner, "@data " + t.data + " NOT NULL", "@head " + t.head + " NOT NULL",
		"@deadline " + number + " NOT NULL", "@expires " + number + " NOT NULL", "@bucket " + number + " NOT NULL", "@version " + number + " NOT NULL",
	}
	byBucket, byOwner := s.index("bucket"), s.index("owner")
	end := ")"
	var indexes []string
	switch d {
	case MySQL:
		columns = append(columns, "KEY "+byBucket+" (@bucket, @id)", "KEY "+byOwner+" (@owner, @id)")
		end = ") ENGINE=InnoDB"
	case PostgreSQL:
		end = ") WITH (fillfactor = 70)"
		fallthrough
	default:
		on := " ON @table "
		if d == SQLite {
			on = " ON " + d.quote(s.bareTable()) + " " // an index is where its table is
			byBucket, byOwner = s.inSchema(byBucket), s.inSchema(byOwner)
		}
		indexes = []string{
			"CREATE INDEX IF NOT EXISTS " + byBucket + on + "(@bucket, @id)",
			"CREATE INDEX IF NOT EXISTS " + byOwner + on + "(@owner, @id) WHERE @owner IS NOT NULL",
		}
	}
	sch := schema{
		table:  s.lang.say("CREATE TABLE IF NOT EXISTS @table (\n\t" + strings.Join(columns, ",\n\t") + "\n" + end),
		bucket: s.lang.say("@bucket " + number + " NOT NULL DEFAULT 0"),
	}
	for _, index := range indexes {
		sch.indexes = append(sch.indexes, s.lang.say(index))
	}
	return sch
}

// bareTable is the table's name without its schema.
func (s *Store) bareTable() string {
	if _, table, found := strings.Cut(s.opts.Table, "."); found {
		return table
	}
	return s.opts.Table
}

// index is the quoted name of an index.
func (s *Store) index(suffix string) string {
	return s.opts.Dialect.quote(s.bareTable() + "_" + suffix)
}

// inSchema puts the table's schema before a quoted name.
func (s *Store) inSchema(name string) string {
	if schema, _, found := strings.Cut(s.opts.Table, "."); found {
		return s.opts.Dialect.quote(schema) + "." + name
	}
	return name
}

// Schema returns the statements by which [Store.Migrate] makes a new table,
// each ended by a semicolon, for those who run such statements by other means.
// It asks the database nothing.
func (s *Store) Schema() string {
	sch := s.schema()
	var b strings.Builder
	for _, statement := range append([]string{sch.table}, sch.indexes...) {
		fmt.Fprintf(&b, "%s;\n", statement)
	}
	return b.String()
}
