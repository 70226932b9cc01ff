package policies

import (
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// dependents are what the migrations or the database show to hang on a table, or on one of its columns, and so to go with it:
// what names it, views on those views, foreign keys that refer to it, and what goes with a column by itself.
func (w *World) dependents(table statement.Name, column string) []string {
	var out, gone []string
	views := []statement.Name{}
	take := func(h *holder) {
		if out = append(out, h.String()); h.what == "view" {
			views = append(views, fold(h.name))
		}
	}
	for _, h := range w.holders {
		if names, _ := h.names(table, column); names || column == "" && h.touches(table) && h.what != "publication" && fold(h.on) != fold(table) {
			take(h)
		}
	}
	for i := 0; i < len(views); i++ {
		for _, h := range w.holders {
			if h.touches(views[i]) && !slices.Contains(out, h.String()) {
				take(h)
			}
		}
	}
	w.eachReference(table, func(ref reference) {
		mine := ref.owner == fold(table)
		if column == "" && !mine || column != "" && slices.Contains(ref.to, column) {
			out = append(out, "constraint "+ref.name+" of "+ref.owner.String())
		}
	})
	if column != "" {
		gone = w.along(table, column)
	}
	out = append(out, gone...)
	slices.Sort(out)
	return slices.Compact(out)
}

// along are what the server drops in silence with a column: indexes, constraints and extended statistics, also those that are
// on others as well.
func (w *World) along(table statement.Name, column string) []string {
	r := w.relations[fold(table)]
	if r == nil {
		return nil
	}
	var out []string
	for name, c := range r.constraints {
		if has(c.Columns, column) || has(c.Reads, column) {
			out = append(out, "constraint "+name+" of "+fold(table).String())
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && i.kind == statement.CreateIndex && (has(i.keys, column) || has(i.reads, column) || has(i.whole, column)) {
			out = append(out, "index "+n.String())
		}
	}
	for name, x := range w.relations {
		if x.kind == statement.CreateStatistics && fold(x.table) == fold(table) && has(x.keys, column) {
			out = append(out, name.String())
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
