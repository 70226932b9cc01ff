package policies

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
	if s.World.NewColumn(s.Name, s.Command.Name) {
		f.Compatibility, f.Hazards = Expand, []Hazard{}
		f.Why, f.Instead = "the column "+s.Command.Name+" is new in this release; the running version does not use it", ""
	}
}
