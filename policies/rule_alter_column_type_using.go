package policies

import "teal.dev/teal/migrate/statement"

func alterTypeUsing() Rule {
	return Rule{
		ID: "alter-column-type-using", Title: "ALTER COLUMN … TYPE … USING",
		Reason:        "every value of {column} is computed anew: the running version reads values it does not expect, and {table} is rewritten while nobody can read",
		Instead:       byFix + splitType,
		Compatibility: Never, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("using"),
		Refine: func(s *Subject, f *Finding) {
			newColumnIsExpand(s, f)
			lockReferring(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body TYPE int USING body::int;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
	}
}
