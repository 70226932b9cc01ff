package policies

import "teal.dev/teal/migrate/statement"

// adds says whether a command adds a constraint of one of the kinds.
func adds(test func(*statement.Constraint) bool) func(*Subject) bool {
	return func(s *Subject) bool { return s.Command.Constraint != nil && test(s.Command.Constraint) }
}

func addCheck() Rule {
	return Rule{
		ID: "add-check", Title: "ADD CHECK, validated at once",
		Reason: "writes of the running version that break the check fail with 23514, and every row of {table} is read while nobody can use it",
		Instead: "add it NOT VALID, which is still enforced on new writes, and validate in a later file" +
			"\n-- expand:\nALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK (…) NOT VALID;\n-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On:    on(statement.AddConstraint),
		Match: adds(func(c *statement.Constraint) bool { return c.Kind == statement.Check && !c.NotValid }),
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;"},
	}
}

func addCheckNotValid() Rule {
	return Rule{
		ID: "add-check-not-valid", Title: "ADD CHECK … NOT VALID",
		Reason:        "instant, but enforced at once: writes of the running version that break the check fail with 23514, updates of old rows that break it too, whatever column they set",
		Instead:       "make sure that the running version keeps to the check; else add it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive,
		On:    on(statement.AddConstraint),
		Match: adds(func(c *statement.Constraint) bool { return c.Kind == statement.Check && c.NotValid }),
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
	}
}

func validateConstraint() Rule {
	return Rule{
		ID: "validate-constraint", Title: "VALIDATE CONSTRAINT",
		Reason:        "reads every row of {table} while others read and write; the constraint was enforced before already",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		Facts: []Fact{{"PostgreSQL", "for a foreign key, ROW SHARE on the parent as well"}},
		On:    on(statement.ValidateConstraint),
		Refine: func(s *Subject, f *Finding) {
			if c := s.World.constraint(s.Name, s.Command.Name); c != nil && c.Kind == statement.ForeignKey {
				f.lock(RowShare, c.References.String())
			}
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;", SQL: "ALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);"},
	}
}

func foreignKey(notValid bool) func(*Subject) bool {
	return adds(func(c *statement.Constraint) bool { return c.Kind == statement.ForeignKey && c.NotValid == notValid })
}

func refineForeignKey(s *Subject, f *Finding) {
	f.lock(ShareRowExclusive, s.Command.Constraint.References.String())
	if s.Command.Constraint.OnDelete != "" {
		f.add(DataChanged)
		f.Why += "; ON DELETE changes rows that the running version thinks remain"
	}
}

func addForeignKey() Rule {
	return Rule{
		ID: "add-foreign-key", Title: "ADD FOREIGN KEY, validated at once",
		Reason: "orphans that the running version inserts fail with 23503, and so do its deletes from {parent}; writes to both tables wait while every row is checked",
		Instead: "add it NOT VALID, which is still enforced on new writes, and validate in a later file" +
			"\n-- expand:\nALTER TABLE {table} ADD CONSTRAINT {constraint} FOREIGN KEY ({columns}) REFERENCES {parent} NOT VALID;\n-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareRowExclusive, Scan: true, Blocks: BlocksWrites,
		On: on(statement.AddConstraint), Match: foreignKey(false), Refine: refineForeignKey,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id) NOT VALID;"},
	}
}

func addForeignKeyNotValid() Rule {
	return Rule{
		ID: "add-foreign-key-not-valid", Title: "ADD FOREIGN KEY … NOT VALID",
		Reason:        "instant, but enforced at once: orphans that the running version inserts fail with 23503, and so do its deletes from {parent}",
		Instead:       "make sure that the running version writes no orphans; else add it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareRowExclusive,
		Facts: []Fact{{"PostgreSQL before 18", "an error on a partitioned table"}},
		On:    on(statement.AddConstraint), Match: foreignKey(true), Refine: refineForeignKey,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id) NOT VALID;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}

// drops says whether a DROP CONSTRAINT is about one of the kinds. What teal has not seen being made may be anything, so it
// counts as a key, the worst of them.
func drops(kinds ...statement.ConstraintKind) func(*Subject) bool {
	return func(s *Subject) bool {
		kind := statement.UniqueKey
		if c := s.World.constraint(s.Name, s.Command.Name); c != nil {
			kind = c.Kind
		}
		for _, k := range kinds {
			if k == kind {
				return true
			}
		}
		return false
	}
}

func dropCheck() Rule {
	return Rule{
		ID: "drop-check", Title: "DROP CONSTRAINT of a CHECK or EXCLUDE",
		Reason:        "harmless until the new version writes what {constraint} forbade: then the running version reads values it thought impossible",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, Lock: AccessExclusive,
		On: on(statement.DropConstraint), Match: drops(statement.Check, statement.Exclude, statement.NotNull),
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);", SQL: "ALTER TABLE note DROP CONSTRAINT n_positive;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
	}
}

func dropForeignKey() Rule {
	return Rule{
		ID: "drop-foreign-key", Title: "DROP CONSTRAINT of a foreign key",
		Reason:        "the running version may rely on {constraint} refusing orphans, or on its ON DELETE",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, NewValues}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL", "ACCESS EXCLUSIVE on both tables"}},
		On:    on(statement.DropConstraint), Match: drops(statement.ForeignKey),
		Refine: func(s *Subject, f *Finding) {
			f.lock(AccessExclusive, s.World.constraint(s.Name, s.Command.Name).References.String())
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id);", SQL: "ALTER TABLE note DROP CONSTRAINT by;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
	}
}

func dropUnique() Rule {
	return Rule{
		ID: "drop-unique", Title: "DROP CONSTRAINT of a UNIQUE or PRIMARY KEY",
		Reason: "upserts of the running version (ON CONFLICT) need {constraint}, GROUP BY the key too, and its reads of one row may find two. " +
			"(A constraint that the migrations do not show counts as a key.)",
		Instead:       "keep it until the version that uses it is gone; where another takes its place, have both until then\n-- teal:contract\nALTER TABLE {table} DROP CONSTRAINT {constraint};",
		Compatibility: Contract, Lock: AccessExclusive,
		On: on(statement.DropConstraint), Match: drops(statement.UniqueKey, statement.PrimaryKey),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
		Good: Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);", SQL: "ALTER TABLE note DROP CONSTRAINT n_positive;"},
	}
}

func key(c *statement.Constraint) bool {
	return c.Kind == statement.UniqueKey || c.Kind == statement.PrimaryKey
}

func addUnique() Rule {
	return Rule{
		ID: "add-unique", Title: "ADD UNIQUE, ADD PRIMARY KEY",
		Reason: "duplicates that the running version writes fail with 23505, and the index is built while nobody can read {table}",
		Instead: "build the index first, beside the traffic\n-- expand, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns});\n" +
			"-- a later file:\nALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return key(c) && c.UsingIndex == "" }),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE (body);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE USING INDEX note_body;"},
	}
}

func addUniqueUsingIndex() Rule {
	return Rule{
		ID: "add-unique-using-index", Title: "ADD UNIQUE … USING INDEX",
		Reason:        "the index refuses duplicates already; the constraint only gives it a name",
		Compatibility: Expand, Lock: AccessExclusive,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return key(c) && c.UsingIndex != "" }),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Constraint.Kind == statement.PrimaryKey {
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
				f.Why = "a primary key makes its columns NOT NULL: writes of NULL by the running version fail, and a nullable column is scanned while nobody can read"
				f.Instead = "make the columns NOT NULL first (see set-not-null), in contract files"
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE USING INDEX note_body;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE (body);"},
	}
}

func addExclude() Rule {
	return Rule{
		ID: "add-exclude", Title: "ADD EXCLUDE",
		Reason:        "writes of the running version that overlap fail with 23P01, and the index is built while nobody can read {table}; there is no form that lets others work",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return c.Kind == statement.Exclude }),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT one EXCLUDE USING btree (n WITH =);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT one;"},
	}
}

func alterConstraint() Rule {
	return Rule{
		ID: "alter-constraint", Title: "ALTER CONSTRAINT",
		Reason:        "when the constraint is checked changes: errors move to the COMMIT of the running version, or back",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.AlterConstraint),
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id);", SQL: "ALTER TABLE note ALTER CONSTRAINT by DEFERRABLE INITIALLY DEFERRED;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}

func renameConstraint() Rule {
	return Rule{
		ID: "rename-constraint", Title: "RENAME CONSTRAINT",
		Reason:        "ON CONFLICT ON CONSTRAINT {constraint} of the running version fails, and code that knows the name in errors no longer does",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.RenameConstraint),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME CONSTRAINT note_title TO note_title_key;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}
