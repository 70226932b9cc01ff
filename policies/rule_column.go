package policies

import "teal.dev/teal/migrate/statement"

func dropColumn() Rule {
	return Rule{
		ID: "drop-column", Title: "DROP COLUMN",
		Reason: "the running version reads or writes {column} until it is retired: 42703, prepared SELECT * 0A000; and a rollback cannot bring the data back",
		Instead: "drop it in a contract file, which runs once the version that uses it is gone; if it is NOT NULL without a default, let go of that first" +
			"\n-- expand, if it is NOT NULL:\nALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;\n-- teal:contract, a file of its own:\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Contract, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL", "ACCESS EXCLUSIVE also on the table that a foreign key of the column refers to; PL/pgSQL bodies that use the column fail later"}},
		On:    on(statement.DropColumn),
		Match: func(s *Subject) bool { return !s.Command.Cascade },
		Refine: func(s *Subject, f *Finding) {
			r := s.World.relations[fold(s.Name)]
			if r == nil {
				return
			}
			for _, parent := range r.references(s.Command.Name) {
				f.lock(AccessExclusive, parent)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN body;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}

func has(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

func dropColumnCascade() Rule {
	return Rule{
		ID: "drop-column-cascade", Title: "DROP COLUMN … CASCADE",
		Reason:        "CASCADE drops views, constraints and SQL functions that use {column}, and the text does not say which",
		Instead:       "drop what depends on {column} by name, in statements before, then:\n-- teal:contract\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Never, Lock: AccessExclusive,
		On:    on(statement.DropColumn),
		Match: func(s *Subject) bool { return s.Command.Cascade },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN body CASCADE;", Phase: PhaseContract},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN body;", Phase: PhaseContract},
	}
}

func renameColumn() Rule {
	return Rule{
		ID: "rename-column", Title: "RENAME COLUMN",
		Reason: "the running version still says {column}: every statement of it that names the column fails with 42703, from the moment of the rename",
		Instead: "add the new column beside the old one, write both, move over, and drop the old one when the old version is gone" +
			"\n-- expand:\nALTER TABLE {table} ADD COLUMN {new} …;\n-- and a trigger that copies {column} to {new} and back\n" +
			"-- backfill, in batches:\nUPDATE {table} SET {new} = {column} WHERE {new} IS NULL;\n" +
			"-- teal:contract, a file of its own:\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Never, Lock: AccessExclusive,
		On:   append(on(statement.RenameColumn), "alter_view/rename_column", "alter_materialized_view/rename_column", "alter_type/rename_column"),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME COLUMN body TO content;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN content text;"},
	}
}

const contractNotNull = "-- teal:contract, a file of its own:\nALTER TABLE {table} ADD CONSTRAINT {table}_{column}_nn CHECK ({column} IS NOT NULL) NOT VALID;\n" +
	"-- teal:contract, the next file:\nALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_nn;\n-- teal:contract, the next file:\nALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\nALTER TABLE {table} DROP CONSTRAINT {table}_{column}_nn;"

func setNotNull() Rule {
	return Rule{
		ID: "set-not-null", Title: "SET NOT NULL",
		Reason:        "the running version may still write NULL into {column} and would fail with 23502; and every row of {table} is read while nobody can use it",
		Instead:       "prove it first with a check, which lets others work, in contract files\n" + contractNotNull,
		Compatibility: Contract, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		Facts: []Fact{{"PostgreSQL 12+", "no scan where a valid CHECK (column IS NOT NULL) stands"}, {"PostgreSQL 18", "ADD CONSTRAINT … NOT NULL … NOT VALID, then VALIDATE"}},
		On:    on(statement.SetNotNull),
		Refine: func(s *Subject, f *Finding) {
			if s.World.provenNotNull(s.Name, s.Command.Name) {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				f.Why = "a validated check refuses NULL in " + s.Command.Name + " already, which also makes the statement instant"
				f.Hazards = []Hazard{}
				f.Instead = ""
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET NOT NULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}

func dropNotNull() Rule {
	return Rule{
		ID: "drop-not-null", Title: "DROP NOT NULL",
		Reason:        "harmless until the new version writes a NULL: then readers of the running version meet one they never expected",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, Lock: AccessExclusive,
		On: on(statement.DropNotNull), Refine: newColumnIsExpand,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}

// newColumnIsExpand softens a finding about a column that the running version cannot know.
func newColumnIsExpand(s *Subject, f *Finding) {
	if s.World.NewColumn(s.Name, s.Command.Name) {
		f.Compatibility, f.Hazards = Expand, []Hazard{}
		f.Why, f.Instead = "the column "+s.Command.Name+" is new in this release; the running version does not use it", ""
	}
}

func setDefault() Rule {
	return Rule{
		ID: "set-default", Title: "SET DEFAULT",
		Reason:        "inserts of the running version that leave {column} out store the new default from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On: on(statement.SetDefault), Refine: newColumnIsExpand,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET DEFAULT 1;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int DEFAULT 1;"},
	}
}

func dropDefault() Rule {
	return Rule{
		ID: "drop-default", Title: "DROP DEFAULT",
		Reason:        "inserts of the running version that leave {column} out fail with 23502 if it is NOT NULL, and store NULL if it is not",
		Instead:       "drop it when the version that relies on it is gone\n-- teal:contract\nALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;",
		Compatibility: Contract, Lock: AccessExclusive,
		On: on(statement.DropDefault),
		Refine: func(s *Subject, f *Finding) {
			if c := s.World.column(s.Name, s.Command.Name); c != nil && c.known && !c.notNull {
				f.Compatibility, f.Instead = Depends, ""
				f.add(BehaviourChanged)
				f.Why = "inserts of the running version that leave " + s.Command.Name + " out store NULL from now on"
			}
			newColumnIsExpand(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP DEFAULT;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
