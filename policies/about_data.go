package policies

import "teal.dev/teal/migrate/statement"

// newColumnsOnly says whether an UPDATE assigns only columns that are new in the release.
func newColumnsOnly(s *Subject) bool {
	if s.Kind != statement.Update || len(s.Columns) == 0 || s.Writes || len(s.World.pinned(s)) > 0 {
		return false
	}
	for _, c := range s.Columns {
		if !s.World.NewColumn(s.Name, c) {
			return false
		}
	}
	return true
}

// guarded says whether an UPDATE touches only rows in which one of the columns that it assigns is still NULL. One is
// enough: columns filled together are filled by one trigger or one statement, and some of them may well stay NULL.
func guarded(s *Subject) bool {
	for _, c := range s.Columns {
		if has(s.NullGuards, c) {
			return true
		}
	}
	return false
}

const noteNewColumn = "ALTER TABLE note ADD COLUMN content text;\n"
