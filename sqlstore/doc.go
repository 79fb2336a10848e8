// Package sqlstore keeps sessions in a table of an SQL database.
package sqlstore
