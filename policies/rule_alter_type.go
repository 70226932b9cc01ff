package policies

import "teal.dev/teal/migrate/statement"

const splitType = "add a column of the new type, write both, move over, and drop the old one when the old version is gone" +
	"\n-- expand:\nALTER TABLE {table} ADD COLUMN {column}_new {type};\n-- and a trigger that fills {column}_new from {column}\n" +
	"-- backfill, in batches:\nUPDATE {table} SET {column}_new = {column} WHERE {column}_new IS NULL;\n" +
	"-- teal:contract, a file of its own:\nALTER TABLE {table} DROP COLUMN {column};"

// typeChange sorts an ALTER COLUMN … TYPE: "using", "collation", "timestamptz", "widen" or "rewrite".
func typeChange(s *Subject) string {
	c := s.Command
	known := s.World.column(s.Name, c.Name)
	switch {
	case c.Using:
		return "using"
	case known == nil || !known.known:
		return "rewrite"
	case known.typ.Name == "timestamp" && c.Type.Name == "timestamptz" && !c.Type.Array:
		return "timestamptz"
	case widens(known.typ, c.Type) && c.Collation:
		return "collation"
	case widens(known.typ, c.Type):
		return "widen"
	}
	return "rewrite"
}

func changes(kind string) func(*Subject) bool {
	return func(s *Subject) bool { return typeChange(s) == kind }
}

func alterTypeRewrite() Rule {
	return Rule{
		ID: "alter-column-type", Title: "ALTER COLUMN … TYPE that rewrites the table",
		Reason:        "prepared statements of the running version fail with 0A000 and its values may not fit; {table} and its indexes are rewritten while nobody can read. (Where the old type is not in the migrations, teal assumes a rewrite.)",
		Instead:       splitType,
		Compatibility: Never, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("rewrite"),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n TYPE bigint;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE varchar(40);"},
	}
}

func alterTypeWiden() Rule {
	return Rule{
		ID: "widen-column-type", Title: "ALTER COLUMN … TYPE that only edits the catalogue",
		Reason:        "prepared statements of the running version that return {column} fail with 0A000 until prepared again, and it may read longer values than it checks for",
		Compatibility: Depends, Hazards: []Hazard{NewValues, RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL", "no rewrite, but indexes on an expression of the column are rebuilt"}},
		On:    on(statement.AlterColumnType), Match: changes("widen"), Refine: newColumnIsExpand,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE varchar(5);"},
	}
}

func alterTypeTimestamptz() Rule {
	return Rule{
		ID: "timestamp-to-timestamptz", Title: "timestamp to timestamptz",
		Reason:        "the running version's driver sees another type, and what the old values mean depends on the session's time zone",
		Instead:       splitType,
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 12+", "no rewrite when the session's TimeZone is UTC, as teal sets it; a rewrite in any other zone"}},
		On:    on(statement.AlterColumnType), Match: changes("timestamptz"),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN at TYPE timestamptz;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN at2 timestamptz;"},
	}
}

func alterTypeUsing() Rule {
	return Rule{
		ID: "alter-column-type-using", Title: "ALTER COLUMN … TYPE … USING",
		Reason:        "every value of {column} is computed anew: the running version reads values it does not expect, and {table} is rewritten while nobody can read",
		Instead:       splitType,
		Compatibility: Never, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("using"),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body TYPE int USING body::int;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
	}
}

func alterTypeCollation() Rule {
	return Rule{
		ID: "alter-column-collation", Title: "ALTER COLUMN … TYPE … COLLATE",
		Reason:        "order and equality of {column} change for the running version, prepared statements fail with 0A000, and indexes on it are rebuilt while nobody can read",
		Instead:       splitType,
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive, Blocks: BlocksReads,
		On: on(statement.AlterColumnType), Match: changes("collation"),
		Bad:  Example{Before: noteTable, SQL: `ALTER TABLE note ALTER COLUMN body TYPE text COLLATE "C";`},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
	}
}
