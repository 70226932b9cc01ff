package policies

import "teal.dev/teal/migrate/statement"

func alterTypeRewrite() Rule {
	return Rule{
		ID: "alter-column-type", Title: "ALTER COLUMN … TYPE that rewrites the table",
		Reason:        "prepared statements of the running version fail with 0A000 and its values may not fit; {table} and its indexes are rewritten while nobody can read",
		Instead:       byFix + splitType,
		Compatibility: Never, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("rewrite"),
		Refine: func(s *Subject, f *Finding) {
			f.Why += assumed(s)
			newColumnIsExpand(s, f)
			lockReferring(s, f)
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "refused (0A000), also for the type that it has, where a view, a rule, a policy, a trigger (OF it, or its WHEN), a generated column, an SQL function (BEGIN ATOMIC, 14+), a publication (15+) or a column of the row type needs the column; and (42P16) where the table is partitioned by it or has it from a parent"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n TYPE bigint;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE varchar(40);"},
	}
}
