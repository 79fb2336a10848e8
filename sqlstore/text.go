package sqlstore

import (
	"fmt"
	"strconv"
	"strings"
)

// hour is the width of a bucket in milliseconds.
const hour = 3_600_000

// The text of our statements. In them @id is a column, @table the table, and $1
// a parameter. least, greatest and div are written as each dialect has them.
//
// New deadlines of an idle session never depend on what the caller read: the
// statement works them out from what is stored.
const (
	textLoad = `SELECT @head, @data, @expires FROM @table WHERE @id = $1`

	textInsert = `INSERT INTO @table (@id, @owner, @data, @head, @deadline, @expires, @bucket, @version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	// Only what has expired may be overwritten.
	textUpsert = `INSERT INTO @table AS s (@id, @owner, @data, @head, @deadline, @expires, @bucket, @version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (@id) DO UPDATE SET @owner = excluded.@owner, @data = excluded.@data, @head = excluded.@head, @deadline = excluded.@deadline,
@expires = excluded.@expires, @bucket = excluded.@bucket, @version = excluded.@version WHERE s.@expires <= $9`

	// What takes over an expired record where the insert cannot.
	textTakeOver = `UPDATE @table SET @owner = $2, @data = $3, @head = $4, @deadline = $5, @expires = $6, @bucket = $7, @version = $8 WHERE @id = $1 AND @expires <= $9`

	// MySQL assigns from left to right, so the bucket comes before expires.
	textReplace = `UPDATE @table SET @owner = $1, @data = $2, @head = $3, @deadline = $4,
@bucket = @least(@greatest(@expires, $5), $4) @div 3600000, @expires = @least(@greatest(@expires, $5), $4), @version = $6
WHERE @id = $7 AND @version = $8 AND @expires > $9`

	// What is tried first on SQLite, which writes the index of every column that
	// is set, whether it changes or not: the owner and the bucket stay.
	textReplaceWithin = `UPDATE @table SET @data = $2, @head = $3, @deadline = $4, @expires = @least(@greatest(@expires, $5), $4), @version = $6
WHERE @id = $7 AND @version = $8 AND @expires > $9 AND @owner IS $1 AND @bucket = @least(@greatest(@expires, $5), $4) @div 3600000`

	// What would change nothing is no update: it would only make work.
	textTouch = `UPDATE @table SET @bucket = @least($1, @deadline) @div 3600000, @expires = @least($1, @deadline)
WHERE @id = $2 AND @expires > $3 AND @expires < $1 AND @expires < @deadline`

	// What is tried first on SQLite: the bucket stays.
	textTouchWithin = `UPDATE @table SET @expires = @least($1, @deadline)
WHERE @id = $2 AND @expires > $3 AND @expires < $1 AND @expires < @deadline AND @bucket = @least($1, @deadline) @div 3600000`

	// What an update that changed no row met.
	textLook = `SELECT @version, @expires, @deadline FROM @table WHERE @id = $1`

	textDelete = `DELETE FROM @table WHERE @id = $1`

	textList = `SELECT @id, @head, @data, @expires FROM @table WHERE @id > $1 ORDER BY @id LIMIT $2`

	textOwned = `SELECT @id FROM @table WHERE @owner = $1 AND @id > $2 ORDER BY @id LIMIT $3`

	textSweepPostgres = `DELETE FROM @table WHERE @id = ANY (ARRAY(
SELECT @id FROM @table WHERE (@bucket, @id) > ($1, $2) AND @bucket <= $3 AND @expires <= $4 ORDER BY @bucket, @id LIMIT $5 FOR UPDATE SKIP LOCKED
)) AND @expires <= $4 RETURNING @bucket, @id`

	textSweepSQLite = `DELETE FROM @table WHERE @id IN (
SELECT @id FROM @table WHERE (@bucket, @id) > ($1, $2) AND @bucket <= $3 AND @expires <= $4 ORDER BY @bucket, @id LIMIT $5
) RETURNING @bucket, @id`

	textDueMySQL = `SELECT @bucket, @id FROM @table WHERE (@bucket = $1 AND @id > $2 OR @bucket > $1 AND @bucket <= $3) AND @bucket <= $3 AND @expires <= $4
ORDER BY @bucket, @id LIMIT $5`

	textStat = `SELECT COUNT(*), COUNT(@owner), COALESCE(SUM(LENGTH(@data) + LENGTH(@head) + COALESCE(LENGTH(@owner), 0) + LENGTH(@id)), 0) FROM @table`
)

// A language writes statements for one table in one dialect.
type language struct {
	dialect Dialect
	names   *strings.Replacer
}

func newLanguage(d Dialect, table string, columns Columns) language {
	least, greatest, div := "LEAST", "GREATEST", "/"
	switch d {
	case SQLite:
		least, greatest = "MIN", "MAX"
	case MySQL:
		div = "DIV"
	}
	pairs := []string{"@table", d.quoteTable(table), "@least", least, "@greatest", greatest, "@div", div}
	for _, c := range columns.all() {
		pairs = append(pairs, "@"+c.token, d.quote(*c.name))
	}
	return language{d, strings.NewReplacer(pairs...)}
}

// say puts the names into a text that has no parameters.
func (l language) say(text string) string { return l.names.Replace(text) }

// statement writes a statement. Where parameters have no numbers, order says
// which argument stands at each question mark; it is nil if that is as given.
func (l language) statement(text string) (query string, order []int) {
	if l.dialect == PostgreSQL {
		return l.say(text), nil
	}
	var b strings.Builder
	plain := true
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			b.WriteByte(text[i])
			continue
		}
		n, err := strconv.Atoi(text[i+1 : i+2])
		if err != nil {
			panic(fmt.Sprintf("sqlstore: parameter without a number in %q", text))
		}
		order = append(order, n-1)
		plain = plain && n == len(order)
		b.WriteByte('?')
		i++
	}
	if plain {
		order = nil
	}
	return l.say(b.String()), order
}
