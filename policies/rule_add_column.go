package policies

import "teal.dev/teal/migrate/statement"

const expandColumn = "\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} {type};\n"

// noteTable is the schema of most examples: a table that earlier releases made.
const noteTable = "CREATE TABLE person (id bigint PRIMARY KEY);\nCREATE TABLE note (id bigint PRIMARY KEY, title varchar(20) NOT NULL, body text, n int, at timestamp, CONSTRAINT note_title UNIQUE (title));"

// special says which of the ADD COLUMN rules beyond the plain one speak about a column, so that the plain one keeps quiet.
func special(s *Subject) bool {
	c := s.Command.Column
	if c == nil {
		return true
	}
	return notNullWithoutValue(c) || c.Serial() || c.Identity != "" || c.Generated || len(c.Constraints) > 0 ||
		c.Default != nil && c.Default.Volatility == statement.Volatile || userDefined(c.Type) && !s.World.harmlessType(c.Type) ||
		c.Type.Name == "json"
}

func notNullWithoutValue(c *statement.Column) bool {
	return (c.NotNull || c.Has(statement.PrimaryKey)) && (c.Default == nil || c.Default.Null) && !c.Serial() && c.Identity == "" && !c.Generated
}

func addColumn() Rule {
	return Rule{
		ID: "add-column", Title: "ADD COLUMN, nullable, without a default",
		Reason:        "the new column changes the row of {table}: SELECT *, COPY without a column list, NATURAL JOIN and row types of the running version see it; its inserts leave it NULL",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL", "instant: no rewrite, no scan; a prepared SELECT * fails once with 0A000"}},
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.Column.Default == nil && !s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
		Good:  Example{SQL: "CREATE TABLE note2 (id bigint, body text);\nALTER TABLE note2 ADD COLUMN extra text;"},
	}
}

func addColumnDefault() Rule {
	return Rule{
		ID: "add-column-default", Title: "ADD COLUMN with a constant or stable default",
		Reason:        "the new column changes the row of {table}; inserts of the running version store the default, and so do all old rows (now() gives them all one time)",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 11+", "no rewrite, NOT NULL included; before 11 the table is rewritten"}},
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.Column.Default != nil && !s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL DEFAULT 'new';"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text;"},
	}
}

func addColumnVolatileDefault() Rule {
	return Rule{
		ID: "add-column-volatile-default", Title: "ADD COLUMN with a volatile default",
		Reason: "a default that differs from row to row is computed for every old row: {table} and its indexes are rewritten while nobody can read",
		Instead: "add the column without a default, then set it, and fill the old rows in batches" + expandColumn +
			"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT …;\n-- backfill, in batches:\nUPDATE {table} SET {column} = … WHERE {column} IS NULL;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			return c != nil && c.Default != nil && c.Default.Volatility == statement.Volatile
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN token uuid DEFAULT gen_random_uuid();"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN made timestamptz DEFAULT now();"},
	}
}

func addColumnNotNull() Rule {
	return Rule{
		ID: "add-column-not-null", Title: "ADD COLUMN NOT NULL without a default",
		Reason: "inserts of the running version do not know {column} and fail with 23502; on a table with rows the statement fails at once",
		Instead: "add it nullable or with a default, fill it, and demand it once the old version is gone" + expandColumn +
			"-- backfill, in batches:\nUPDATE {table} SET {column} = … WHERE {column} IS NULL;\n" + contractNotNull,
		Compatibility: Never, Hazards: []Hazard{OldWritesRejected, RowShape}, Lock: AccessExclusive, Scan: true,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && notNullWithoutValue(s.Command.Column) },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL DEFAULT 'new';"},
	}
}

func addColumnSerial() Rule {
	return Rule{
		ID: "add-column-serial", Title: "ADD COLUMN serial or GENERATED AS IDENTITY",
		Reason: "every old row gets a number: {table} and its indexes are rewritten while nobody can read",
		Instead: "\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} bigint;\nCREATE SEQUENCE {table}_{column}_seq OWNED BY {table}.{column};\n" +
			"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT nextval('{table}_{column}_seq');\n-- backfill, in batches:\nUPDATE {table} SET {column} = nextval('{table}_{column}_seq') WHERE {column} IS NULL;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			return s.Command.Column != nil && (s.Command.Column.Serial() || s.Command.Column.Identity != "")
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN seq bigserial;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN seq bigint;"},
	}
}

func addColumnGenerated() Rule {
	return Rule{
		ID: "add-column-generated", Title: "ADD COLUMN GENERATED ALWAYS AS (…) STORED",
		Reason:        "the value is computed for every old row: {table} and its indexes are rewritten while nobody can read",
		Instead:       "add a plain column, keep it up with a trigger, and fill the old rows in batches" + expandColumn,
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && s.Command.Column.Generated },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int GENERATED ALWAYS AS (length(body)) STORED;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int;"},
	}
}
