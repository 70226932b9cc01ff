package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

func has(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

const contractNotNull = "-- teal:contract\n-- (a file of its own)\nALTER TABLE {table} ADD CONSTRAINT {table}_{column}_nn CHECK ({column} IS NOT NULL) NOT VALID;\n" +
	"-- teal:contract\n-- (the next file)\nALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_nn;\n-- teal:contract\n-- (the next file)\nALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\nALTER TABLE {table} DROP CONSTRAINT {table}_{column}_nn;"

// newColumnIsExpand softens a finding about a column that the running version cannot know.
func newColumnIsExpand(s *Subject, f *Finding) {
	if s.World.NewColumn(s.Name, s.Command.Name) && !dropsBeforeItAdds(s) {
		f.Compatibility, f.Hazards = Expand, []Hazard{}
		f.Why, f.Instead = "the column "+s.Command.Name+" is new in this release; the running version does not use it", ""
	}
}

// dropsBeforeItAdds says whether a DROP COLUMN comes after an ADD COLUMN of that name in the text, and so before it: what is
// dropped is a column that was there.
func dropsBeforeItAdds(s *Subject) bool {
	return s.Command.Kind == statement.DropColumn && slices.ContainsFunc(s.Commands, func(c statement.Command) bool {
		return c.Kind == statement.AddColumn && c.Name == s.Command.Name
	})
}
