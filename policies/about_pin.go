package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// pinned are the tables that were there before to whose rows a statement makes rows of a new table refer: from then on the running
// version can neither delete those nor change their keys.
func (w *World) pinned(s *Subject) []string {
	if s.Kind == statement.Delete || !w.made(s.Name) {
		return nil
	}
	var out []string
	for _, n := range append(slices.Concat(w.descendants(s.Name), w.behind(s.Name)), s.Name) {
		r := w.relations[fold(n)]
		if r == nil || !w.made(n) {
			continue
		}
		for _, c := range r.constraints {
			if c.Kind == statement.ForeignKey && !w.made(c.References) && (fold(n) != fold(s.Name) || r.assigns(s, c.Columns)) {
				out = append(out, c.References.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// assigns says whether a statement may give values to some of the columns: it names them, or names none, or leaves them to their
// default.
func (r *relation) assigns(s *Subject, columns []string) bool {
	if len(s.Columns) == 0 || s.Kind == statement.Merge {
		return true
	}
	return slices.ContainsFunc(columns, func(name string) bool {
		c := r.columns[name]
		return has(s.Columns, name) || s.Kind != statement.Update && (c == nil || c.hasDef || !c.known || userDefined(c.typ))
	})
}

// sayPinned judges rows of a new table by what they do to the tables that they refer to.
func sayPinned(s *Subject, f *Finding) {
	pinned := s.World.pinned(s)
	if len(pinned) == 0 {
		return
	}
	if s.World.NewRelation(s.Name) && !s.World.passesOn(s.Name) {
		f.Hazards = []Hazard{}
		f.Why = "the running version does not know " + s.Name.String()
		f.Instead = "let the new version write such rows, or add the foreign key in a contract file"
	}
	f.add(OldWritesRejected)
	for _, n := range pinned {
		f.Why += "; once a row refers to one of " + n + ", the running version's delete of that fails with 23503"
	}
}
