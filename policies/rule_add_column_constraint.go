package policies

import "teal.dev/teal/migrate/statement"

func addsWith(kinds ...statement.ConstraintKind) func(*Subject) bool {
	return func(s *Subject) bool {
		for _, k := range kinds {
			if s.Command.Column != nil && s.Command.Column.Has(k) {
				return true
			}
		}
		return false
	}
}

func addColumnCheck() Rule {
	return Rule{
		ID: "add-column-check", Title: "ADD COLUMN … CHECK",
		Reason: "the check is proven for every old row of {table} while nobody can read, even though the column is empty",
		Instead: expandColumn + "ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check CHECK (…) NOT VALID;\n" +
			"-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_check;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddColumn), Match: addsWith(statement.Check),
		Refine: func(s *Subject, f *Finding) {
			if d := s.Command.Column.Default; d != nil && !d.Null {
				f.add(OldWritesRejected)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN stars int CHECK (stars < 6);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN stars int;"},
	}
}

func addColumnReferences() Rule {
	return Rule{
		ID: "add-column-references", Title: "ADD COLUMN … REFERENCES",
		Reason: "once the new version fills {column}, the running version's deletes and updates of the parent may fail with 23503; and the parent's writes wait for the lock",
		Instead: "add the column first and the foreign key in a file of its own, NOT VALID, then validate" + expandColumn +
			"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey FOREIGN KEY ({column}) REFERENCES … NOT VALID;",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected, RowShape}, Lock: AccessExclusive,
		On: on(statement.AddColumn), Match: addsWith(statement.ForeignKey),
		Refine: func(s *Subject, f *Finding) {
			lockParents(f, s, s.Command.Column.Constraints)
			if d := s.Command.Column.Default; d != nil && !d.Null {
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN person_id bigint REFERENCES person (id);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN person_id bigint;"},
	}
}

func addColumnUnique() Rule {
	return Rule{
		ID: "add-column-unique", Title: "ADD COLUMN … UNIQUE or PRIMARY KEY",
		Reason: "the index is built while nobody can read {table}",
		Instead: expandColumn + "-- a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {table}_{column}_key ON {table} ({column});\n" +
			"-- a later file:\nALTER TABLE {table} ADD CONSTRAINT {table}_{column}_key UNIQUE USING INDEX {table}_{column}_key;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddColumn), Match: addsWith(statement.UniqueKey, statement.PrimaryKey),
		Refine: func(s *Subject, f *Finding) {
			if d := s.Command.Column.Default; d != nil && !d.Null && d.Volatility != statement.Volatile {
				f.raise(Never)
				f.add(OldWritesRejected)
				f.Why = "with a constant default, the second insert of the running version fails with 23505"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN slug text UNIQUE;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN slug text;"},
	}
}

func addColumnDomain() Rule {
	return Rule{
		ID: "add-column-domain", Title: "ADD COLUMN of a domain with constraints",
		Reason:        "PostgreSQL rewrites {table} for a column of a constrained domain, even without a default",
		Instead:       "use the domain's base type and a CHECK … NOT VALID, validated in a later file" + expandColumn,
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			t := s.World.types[fold(typeName(c))]
			return c != nil && t != nil && t.domain && t.constrained
		},
		Bad:  Example{Before: noteTable + "\nCREATE DOMAIN stars AS int CHECK (VALUE < 6);", SQL: "ALTER TABLE note ADD COLUMN s stars;"},
		Good: Example{Before: noteTable + "\nCREATE DOMAIN stars AS int;", SQL: "ALTER TABLE note ADD COLUMN s stars;"},
	}
}

func addColumnUnknownType() Rule {
	return Rule{
		ID: "add-column-unknown-type", Title: "ADD COLUMN of a type that no migration here makes",
		Reason:        "teal does not know the type {type}; if it is a domain with a constraint, {table} is rewritten while nobody can read",
		Instead:       "make the type in a migration, or have a DBA confirm that it is not a constrained domain",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect, RowShape}, Lock: AccessExclusive,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			return c != nil && userDefined(c.Type) && s.World.types[fold(typeName(c))] == nil
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN s mystery;"},
		Good: Example{Before: noteTable + "\nCREATE TYPE mystery AS ENUM ('a');", SQL: "ALTER TABLE note ADD COLUMN s mystery;"},
	}
}

func addColumnJSON() Rule {
	return Rule{
		ID: "add-column-json", Title: "ADD COLUMN json",
		Reason:        "json has no equality: SELECT DISTINCT *, UNION and GROUP BY over the row of {table} fail from now on",
		Instead:       "use jsonb\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} jsonb;",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && s.Command.Column.Type.Name == "json" },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra json;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra jsonb;"},
	}
}

func addColumnIfNotExists() Rule {
	return Rule{
		ID: "add-column-if-not-exists", Title: "ADD COLUMN IF NOT EXISTS",
		Reason:        "a column of that name with another type is passed over in silence; teal compares the catalogue afterwards. Else as add-column",
		Instead:       "leave IF NOT EXISTS out: teal never runs a file twice",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN IF NOT EXISTS extra text;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}

func typeName(c *statement.Column) statement.Name {
	if c == nil {
		return statement.Name{}
	}
	return statement.Name{Schema: c.Type.Schema, Name: c.Type.Name}
}
