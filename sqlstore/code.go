package sqlstore

import (
	"errors"
	"reflect"
)

// A code is a database's own number or name for an error.
type code struct {
	kind   codeKind
	state  string
	number int
}

type codeKind uint8

const (
	noCode      codeKind = iota
	sqlState             // five characters, of PostgreSQL
	mysqlNumber          // of MySQL
	sqliteCode           // of SQLite, with the extended bits
)

// codeOf finds the code in an error. Drivers are recognised by what their
// errors have rather than by their types, which we would have to import.
func codeOf(err error) code {
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) {
		return code{kind: sqlState, state: pg.SQLState()}
	}
	var lite interface{ Code() int }
	if errors.As(err, &lite) {
		return code{kind: sqliteCode, number: lite.Code()}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if n, ok := field(err, "Number"); ok {
			return code{kind: mysqlNumber, number: n}
		}
		if n, ok := field(err, "ExtendedCode"); ok {
			return code{kind: sqliteCode, number: n}
		}
	}
	return code{}
}

// field returns an integer field of an error that is a struct.
func field(err error, name string) (int, bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return 0, false
	}
	// Not one of an embedded struct: behind a nil pointer that panics.
	typ, found := v.Type().FieldByName(name)
	if !found || len(typ.Index) > 1 {
		return 0, false
	}
	switch f := v.FieldByIndex(typ.Index); {
	case f.CanInt():
		return int(f.Int()), true
	case f.CanUint():
		return int(f.Uint()), true
	}
	return 0, false
}
