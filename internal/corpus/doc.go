// Package corpus holds the gate against 496 real migration files, libpg_query and a real PostgreSQL. It knows where the files
// are; it refuses to know what is in them.
package corpus
