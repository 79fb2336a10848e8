package sqlstore

import (
	"context"
	"slices"
	"strings"
)

// Pending returns what [Store.Migrate] would make, such as `the column "bucket"`;
// none if all is there. It changes nothing, and needs the right to read only. A
// table that is not ours is [coatcheck.ErrInvalid].
func (s *Store) Pending(ctx context.Context) (lacks []string, err error) {
	err = s.write(ctx, "look at the table", func() error {
		lacks, err = s.lacks(ctx)
		return err
	})
	return lacks, err
}

// lacks looks once.
func (s *Store) lacks(ctx context.Context) (lacks []string, err error) {
	bucket, err := s.missing(ctx, s.db)
	switch {
	case err != nil && isMissing(err):
		return []string{"the table"}, nil
	case err != nil:
		return nil, err
	case bucket:
		lacks = append(lacks, `the column "`+s.opts.Columns.Bucket+`"`)
	}
	have, err := s.indexNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{s.bareTable() + "_bucket", s.bareTable() + "_owner"} {
		if !slices.Contains(have, name) {
			lacks = append(lacks, `the index "`+name+`"`)
		}
	}
	return lacks, nil
}

// indexNames are those of the table's indexes that are of use.
func (s *Store) indexNames(ctx context.Context) (names []string, err error) {
	query, args := s.indexQuery()
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// indexQuery is what asks for them.
func (s *Store) indexQuery() (query string, args []any) {
	schema, _, elsewhere := strings.Cut(s.opts.Table, ".")
	switch {
	case s.opts.Dialect == PostgreSQL:
		return `SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = CAST(CAST($1 AS text) AS regclass) AND indisvalid`, []any{s.lang.say("@table")}
	case s.opts.Dialect == SQLite && elsewhere:
		return "SELECT name FROM pragma_index_list(?, ?)", []any{s.bareTable(), schema}
	case s.opts.Dialect == SQLite:
		return "SELECT name FROM pragma_index_list(?)", []any{s.bareTable()}
	case elsewhere:
		return textIndexes + "?", []any{s.bareTable(), schema}
	}
	return textIndexes + "DATABASE()", []any{s.bareTable()}
}

const textIndexes = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_name = ? AND table_schema = "
