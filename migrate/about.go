package migrate

// About says in a sentence or two what a code means and what to do; "" for a code that is none of a folder's.
func About(code Code) string {
	return map[Code]string{
		NearMiss:      "The file looks like a migration and its name is not NNN_title.up.sql, so golang-migrate would skip it in silence. Rename it, or move it out of the folder.",
		Duplicate:     "Two files have one number; both tracks share one sequence. Give one of them the next free number.",
		MixedLayout:   "Migrations stand both in the folder itself and in expand/ or contract/. Move all into the two directories, or none.",
		Checksum:      "A file was changed after a database ran it, so databases would differ. Restore it, and write a new file for the change.",
		OutOfOrder:    "A file that never ran has a lower number than one of its track that did: another branch was faster. Give it the next free number.",
		Orphan:        "The ledger has a number that the folder lacks: a branch that is behind, or a file that was removed. Put it back; a folder always travels whole. Where its release was abandoned or rolled back it is a warning.",
		TrackChanged:  "A file ran on one track and stands on the other now, or says another track than its directory. Put it back, and write a new file for what is new.",
		NotUTF8:       "The file is not UTF-8 text, or holds a NUL byte. Save it as UTF-8.",
		Empty:         "The file holds no statement. Write one, or remove the file while no database has run it.",
		Unparsable:    "A string, a comment or a quoted name never ends. Close it at the place named. As a warning: the grammar does not know the statement, so it counts as touching everything.",
		Control:       "teal runs each file in one transaction of its own, so BEGIN, COMMIT, SAVEPOINT and their kind have no place in it. Take them out, and cut the file where a commit is needed.",
		NotAlone:      "A statement that cannot run in a transaction has company in its file: a failure between them would leave half a file applied. Give it a file of its own.",
		UnnamedIndex:  "An index that is built CONCURRENTLY can break and leave an invalid one behind; without a name nobody could find it again. Name it.",
		MixedData:     "Rows are written while another statement of the file holds a lock on a table. Put the data into a file of its own.",
		Interleaved:   "A contract that nobody owes yet is numbered below an expand on the same relation: here it would run after that one, on a first install before it. Give the contract a number above it.",
		BadAnnotation: "A line begins with -- teal: and teal does not know what follows. The known ones are -- teal:contract, in the first line, and -- teal:require QUERY.",
	}[code]
}
