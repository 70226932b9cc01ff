package policies

import "teal.dev/teal/migrate/statement"

func alterTypeRewrite() Rule {
	return Rule{
		ID: "alter-column-type", Title: "ALTER COLUMN … TYPE that rewrites the table",
		Reason:        "prepared statements of the running version fail with 0A000 and its values may not fit; {table} and its indexes are rewritten while nobody can read.",
		Instead:       byFix + splitType,
		Compatibility: Never, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("rewrite"),
		Refine: func(s *Subject, f *Finding) {
			f.Why += assumed(s)
			newColumnIsExpand(s, f)
			refusedByViews(s, f)
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "refused where a view uses the column"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n TYPE bigint;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE varchar(40);"},
	}
}
