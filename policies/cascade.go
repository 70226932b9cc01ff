package policies

import (
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// dependents are what the migrations or the database show to hang on a table, or on one of its columns, and so to go with it:
// views on the table and on those views, foreign keys that refer to it, and constraints on the column.
func (w *World) dependents(table statement.Name, column string) []string {
	var out []string
	gone := []statement.Name{fold(table)}
	for i := 0; i < len(gone); i++ {
		for name, r := range w.relations {
			for _, used := range r.uses {
				if fold(used) == gone[i] && !slices.Contains(gone, name) {
					gone = append(gone, name)
					out = append(out, "view "+name.String())
				}
			}
		}
	}
	for name, r := range w.relations {
		for key, c := range r.constraints {
			mine := name == fold(table)
			refers := c.Kind == statement.ForeignKey && fold(c.References) == fold(table) && !mine
			if refers && (column == "" || len(c.RefersTo) == 0 || slices.Contains(c.RefersTo, column)) ||
				mine && column != "" && slices.Contains(c.Columns, column) {
				out = append(out, "constraint "+key+" of "+name.String())
			}
		}
	}
	slices.Sort(out)
	return out
}

// listCascade says what is known to go with a CASCADE. There may be more.
func listCascade(f *Finding, dependents []string) {
	if len(dependents) > 0 {
		f.Why += "; known to go with it: " + strings.Join(dependents, ", ")
	}
}
