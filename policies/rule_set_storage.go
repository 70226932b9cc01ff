package policies

import "teal.dev/teal/migrate/statement"

func setStorage() Rule {
	return Rule{
		ID: "set-storage", Title: "SET STORAGE, SET COMPRESSION",
		Reason: "only rows written from now on are stored differently", Compatibility: Expand, Lock: AccessExclusive,
		On:    on(statement.SetStorage, statement.SetCompression),
		Facts: []Fact{{"PostgreSQL 14+", "SET COMPRESSION exists"}, {"PostgreSQL 15.18", "with PLAIN a row that does not fit into a page is refused (54000), with EXTERNAL an index row above 2704 bytes, also one that would fit compressed"}},
		Refine: func(s *Subject, f *Finding) {
			switch long := s.World.mayBeLong(s.Name, s.Command.Name); {
			case long && s.Command.Detail == "plain":
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Why = "PLAIN keeps the values of " + s.Command.Name + " as they are and in the row, which has to fit into a page: longer ones of the running version are refused (54000)"
				f.Instead = "use MAIN, which goes out of the row where there is no other way"
			case long && s.Command.Detail == "external" && s.World.mayBeIndexed(s.Name, s.Command.Name):
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Why = "EXTERNAL compresses nothing, in an index of " + s.Command.Name + " neither: values of the running version that are too long for it without are refused (54000)"
			}
			for _, h := range s.World.holders {
				if h.function.Name == "suppress_redundant_updates_trigger" && h.touches(s.Name) {
					f.raise(Depends)
					f.add(BehaviourChanged)
					f.Why += "; and " + h.String() + " compares rows by their bytes, so it lets updates pass that it suppressed"
				}
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET STORAGE EXTERNAL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET STATISTICS 500;"},
	}
}

// mayBeLong says whether a column's values are of no fixed, small size.
func (w *World) mayBeLong(table statement.Name, column string) bool {
	c := w.column(table, column)
	if c == nil || !c.known {
		return true
	}
	width := w.width(c.typ, 0)
	return width == 0 || width > fixedAtMost
}

// mayBeIndexed says whether an index may have a column in it. Of a table that nobody has seen being made it may.
func (w *World) mayBeIndexed(table statement.Name, column string) bool {
	r := w.relations[fold(table)]
	if r == nil || r.kind == "" || r.doubted || len(r.likes) > 0 || w.family(table) || w.blind {
		return true
	}
	for _, k := range r.constraints {
		if k.Kind != statement.Check && k.Kind != statement.ForeignKey && (has(k.Columns, column) || has(k.Reads, column)) {
			return true
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && (has(i.keys, column) || has(i.reads, column) || has(i.whole, column)) {
			return true
		}
	}
	return false
}
