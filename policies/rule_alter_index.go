package policies

import "teal.dev/teal/migrate/statement"

func alterIndex() Rule {
	return Rule{
		ID: "alter-index", Title: "ALTER INDEX … RENAME, SET, ATTACH PARTITION",
		Reason: "queries do not name indexes; only planner hints do", Compatibility: Expand, Lock: ShareUpdateExclusive,
		Refine: func(s *Subject, f *Finding) {
			if r := s.World.relations[fold(s.Name)]; s.Kind == statement.RenameIndex && r != nil && r.kind != "" && r.kind != statement.CreateIndex {
				f.unlock()
				f.lock(AccessExclusive, s.Name.String())
				f.raise(Never)
				f.Why = s.Name.String() + " is no index, and PostgreSQL renames it all the same: every statement of the running version that names it fails"
				return
			}
			if r := s.World.relations[fold(s.Name)]; s.Kind == statement.RenameIndex && (r == nil || r.kind != statement.CreateIndex) {
				f.raise(Depends)
				f.add(BehaviourChanged)
				f.Why = "if " + s.Name.String() + " belongs to a constraint, that is renamed with it: ON CONFLICT ON CONSTRAINT of the running version fails, and code that knows the name in errors no longer does"
			}
		},
		On:   append(on(statement.RenameIndex), "alter_index/set_options", "alter_index/attach_partition", "alter_index/set_statistics"),
		Bad:  Example{Before: noteTable + "\nCREATE INDEX note_n ON note (n);", SQL: "ALTER INDEX note_n RENAME TO note_n_idx;"},
		Good: Example{Before: noteTable, SQL: "DROP INDEX note_title;"},
	}
}
