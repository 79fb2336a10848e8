package sqlstore

import "strings"

// hasten takes the shorter ways that the driver of a package allows. Whenever
// the context of a query can end, package sql starts a goroutine, only to close
// the rows then, and many a driver starts one more for each statement, to
// interrupt it. That is a fifth of what a page costs that reads its session.
//
//   - pgx watches a connection without one, until the rows are closed, and
//     keeps the statements prepared that it is asked by their text: nothing is
//     missing if we ask it directly.
//   - This driver for SQLite calls the engine's interrupt, which neither ends a
//     wait for a lock nor one for the disk. A statement about one row, by the
//     primary key, does nothing else that takes time; and it leaves no doubt
//     about its outcome if it is not interrupted.
func (s *Store) hasten(driver string) {
	switch {
	case strings.HasPrefix(driver, "github.com/jackc/pgx/"):
		s.direct = true
	case driver == "modernc.org/sqlite":
		for _, st := range []*statement{s.load, s.create, s.replace, s.touch, s.look, s.remove} {
			for ; st != nil; st = st.first {
				st.brief = true
			}
		}
	}
}
