package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func dropColumn() Rule {
	return Rule{
		ID: "drop-column", Title: "DROP COLUMN",
		Reason: "the running version reads or writes {column} until it is retired: 42703, prepared SELECT * 0A000; and a rollback cannot bring the data back",
		Instead: "drop it in a contract file, which runs once the version that uses it is gone; if it is NOT NULL without a default, let go of that first" +
			"\n-- expand, if it is NOT NULL:\nALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;\n-- teal:contract\n-- (a file of its own)\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Contract, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 11 to 18", "refused (2BP01) where a view, a rule, a policy, a trigger (OF it, or its WHEN), a generated column, a foreign key, an SQL function (BEGIN ATOMIC, 14+) or a publication (15+) needs the column, and (42P16) where the table is partitioned by it or has it from a parent; indexes, constraints and extended statistics go with it in silence"},
			{"PostgreSQL", "ACCESS EXCLUSIVE also on the table that a foreign key of the column refers to; PL/pgSQL bodies that use the column fail later"}},
		On:    on(statement.DropColumn),
		Match: func(s *Subject) bool { return !s.Command.Cascade },
		Refine: func(s *Subject, f *Finding) {
			newColumnIsExpand(s, f)
			if along := s.World.along(s.Name, s.Command.Name); len(along) > 0 {
				f.Why += "; what goes with it: " + strings.Join(along, ", ")
			}
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
