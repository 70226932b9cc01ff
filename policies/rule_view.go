package policies

import "teal.dev/teal/migrate/statement"

const (
	aView    = "\nCREATE VIEW titles AS SELECT title FROM note;"
	aMatView = "\nCREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM note;\nCREATE UNIQUE INDEX sums_count ON sums (count);"
)

func lockOthers(level Level) func(*Subject, *Finding) {
	return func(s *Subject, f *Finding) {
		for _, n := range s.Relations() {
			if fold(n) != fold(s.Name) {
				f.lock(level, n.String())
			}
		}
	}
}

func createView() Rule {
	return Rule{
		ID: "create-view", Title: "CREATE VIEW",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateView),
		Match: func(s *Subject) bool { return !s.Replace && !dropped(s) }, Refine: lockOthers(AccessShare),
		Bad:  Example{Before: noteTable, SQL: "CREATE VIEW titles AS SELECT title FROM note;"},
		Good: Example{Before: noteTable, SQL: "CREATE OR REPLACE VIEW titles AS SELECT title FROM note;"},
	}
}

func replaceView() Rule {
	return Rule{
		ID: "replace-view", Title: "CREATE OR REPLACE VIEW",
		Reason:        "the running version reads other rows or one more column from {name} from now on",
		Instead:       "make a view of a new name for the new version, and drop the old one in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive, On: on(statement.CreateView),
		Match: func(s *Subject) bool { return s.Replace }, Refine: lockOthers(AccessShare),
		Bad:  Example{Before: noteTable + aView, SQL: "CREATE OR REPLACE VIEW titles AS SELECT title FROM note;"},
		Good: Example{Before: noteTable, SQL: "CREATE VIEW titles AS SELECT title FROM note;"},
	}
}

// dropped says whether an earlier statement of the same file, so of the same transaction, drops the view.
func dropped(s *Subject) bool {
	for i := 0; i < s.Index; i++ {
		d := &s.File[i]
		if d.Kind == statement.DropView && has(foldAll(d.Names), fold(s.Name).String()) {
			return true
		}
	}
	return false
}

// recreated says whether a later statement of the same file makes every view again that a DROP VIEW drops.
func recreated(s *Subject) bool {
	made := []string{}
	for i := s.Index + 1; i < len(s.File); i++ {
		if s.File[i].Kind == statement.CreateView {
			made = append(made, fold(s.File[i].Name).String())
		}
	}
	for _, n := range foldAll(s.Names) {
		if !has(made, n) {
			return false
		}
	}
	return !s.Cascade
}

func foldAll(names []statement.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fold(n).String()
	}
	return out
}

func recreateView() Rule {
	return Rule{
		ID: "recreate-view", Title: "DROP VIEW and CREATE VIEW of one name in one file",
		Reason:        "the running version reads other rows or columns from {name} from now on, and the grants on the view are lost",
		Instead:       "make a view of a new name for the new version, and drop the old one in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive, On: on(statement.CreateView, statement.DropView),
		Match: func(s *Subject) bool {
			return s.Kind == statement.DropView && recreated(s) || s.Kind == statement.CreateView && !s.Replace && dropped(s)
		},
		Bad:  Example{Before: noteTable + aView, SQL: "DROP VIEW titles;\nCREATE VIEW titles AS SELECT title FROM note;"},
		Good: Example{Before: noteTable, SQL: "DROP VIEW titles;"},
	}
}

func dropView() Rule {
	return Rule{
		ID: "drop-view", Title: "DROP VIEW",
		Reason:        "the running version reads {name} until it is retired: 42P01",
		Instead:       "-- teal:contract, a file of its own:\nDROP VIEW {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropView),
		Match: func(s *Subject) bool { return !recreated(s) }, Refine: cascadeNever,
		Bad:  Example{Before: noteTable + aView, SQL: "DROP VIEW titles;"},
		Good: Example{Before: noteTable, SQL: "DROP VIEW titles;\nCREATE VIEW titles AS SELECT title FROM note;"},
	}
}

// cascadeNever refuses a CASCADE: what it drops is not in the text.
func cascadeNever(s *Subject, f *Finding) {
	for _, n := range s.Names {
		f.lock(AccessExclusive, n.String())
	}
	if s.Cascade {
		f.raise(Never)
		f.Why = "CASCADE drops what depends on it, and the text does not say what that is"
	}
}

func renameView() Rule {
	return Rule{
		ID: "rename-view", Title: "RENAME VIEW",
		Reason:        "the running version still says {name}: 42P01 from the moment of the rename",
		Instead:       "make a view of the new name, and drop the old one in a contract file\n-- expand:\nCREATE VIEW {new} AS …;\n-- teal:contract\nDROP VIEW {name};",
		Compatibility: Never, Lock: AccessExclusive, On: on(statement.RenameView, statement.RenameMatView),
		Bad:  Example{Before: noteTable + aView, SQL: "ALTER VIEW titles RENAME TO headings;"},
		Good: Example{Before: noteTable, SQL: "CREATE VIEW headings AS SELECT title FROM note;"},
	}
}

func alterView() Rule {
	return Rule{
		ID: "alter-view", Title: "ALTER VIEW … SET, ALTER COLUMN DEFAULT",
		Reason:        "writes and reads of the running version through {name} behave differently from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   []string{"alter_view/set_default", "alter_view/drop_default", "alter_view/set_options"},
		Bad:  Example{Before: noteTable + aView, SQL: "ALTER VIEW titles ALTER COLUMN title SET DEFAULT 'x';"},
		Good: Example{Before: noteTable, SQL: "CREATE VIEW headings AS SELECT title FROM note;"},
	}
}

func createMatView() Rule {
	return Rule{
		ID: "create-materialized-view", Title: "CREATE MATERIALIZED VIEW",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateMatView),
		Match: func(s *Subject) bool { return len(s.Calls) == 0 }, Refine: lockOthers(AccessShare),
		Bad:  Example{Before: noteTable, SQL: "CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM note;"},
		Good: Example{Before: noteTable, SQL: "DROP MATERIALIZED VIEW sums;"},
	}
}

func dropMatView() Rule {
	return Rule{
		ID: "drop-materialized-view", Title: "DROP MATERIALIZED VIEW",
		Reason:        "the running version reads {name} until it is retired: 42P01",
		Instead:       "-- teal:contract, a file of its own:\nDROP MATERIALIZED VIEW {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropMatView), Refine: cascadeNever,
		Bad:  Example{Before: noteTable + aMatView, SQL: "DROP MATERIALIZED VIEW sums;"},
		Good: Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
	}
}

func refreshMatView() Rule {
	return Rule{
		ID: "refresh-materialized-view", Title: "REFRESH MATERIALIZED VIEW",
		Reason:        "nobody can read {name} while it is computed",
		Instead:       "REFRESH MATERIALIZED VIEW CONCURRENTLY {name}; (it needs a unique index)",
		Compatibility: Expand, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads, On: on(statement.RefreshMatView),
		Match: func(s *Subject) bool { return !s.Concurrently },
		Bad:   Example{Before: noteTable + aMatView, SQL: "REFRESH MATERIALIZED VIEW sums;"},
		Good:  Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
	}
}

func refreshMatViewConcurrently() Rule {
	return Rule{
		ID: "refresh-materialized-view-concurrently", Title: "REFRESH MATERIALIZED VIEW CONCURRENTLY",
		Reason: "readers of {name} see the old rows until it is done", Compatibility: Expand, Lock: Exclusive, On: on(statement.RefreshMatView),
		Match: func(s *Subject) bool { return s.Concurrently },
		Bad:   Example{Before: noteTable + aMatView, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
		Good:  Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW sums;"},
	}
}
