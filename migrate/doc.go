// Package migrate knows what a migration folder means: its two tracks, their order, what has to be refused before
// anything runs, and how golang-migrate is fed one file at a time; it refuses to know which database it is, and whether a
// statement is safe.
//
// The file format is golang-migrate's: NNN_title.up.sql, one sequence of numbers over both tracks. A folder has either the
// directories expand/ and contract/, or is flat, where a file whose first line is "-- teal:contract" is a contract.
package migrate
