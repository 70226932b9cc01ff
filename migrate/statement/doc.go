// Package statement knows how to cut a migration file into SQL statements and what each statement does, in a small model
// of our own; it refuses to know whether a statement is safe, which database it will meet, and what a policy says.
//
// The parser behind it is a library that may be swapped: none of its types appears in this API. Whatever the library does
// not know, or what we do not model, is [Unparsable] or [Opaque], and both mean "unknown, so not safe". The text to
// execute is always the original text of the file, never something printed from a tree.
package statement
