package policies

import "teal.dev/teal/migrate/statement"

func createTable() Rule {
	return Rule{
		ID: "create-table", Title: "CREATE TABLE",
		Reason: "the running version does not know {table}", Compatibility: Expand,
		Facts: []Fact{{"PostgreSQL", "REFERENCES takes SHARE ROW EXCLUSIVE on the parent for an instant"}},
		On:    on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name == "" },
		Refine: func(s *Subject, f *Finding) {
			lockParents(f, s, s.Constraints)
			for _, like := range s.Like {
				f.lock(AccessShare, like.String())
			}
			for _, parent := range s.Inherits {
				if !s.World.NewRelation(parent) {
					f.lock(ShareUpdateExclusive, parent.String())
					f.raise(Depends)
					f.add(NewValues)
					f.Why = "what the new version writes into it appears in the running version's reads of " + parent.String()
				}
			}
			if s.IfNotExists {
				f.Why += "; IF NOT EXISTS passes over a different table of that name, so teal compares the catalogue afterwards"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY, note_id bigint REFERENCES note (id));"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}

func createTableAs() Rule {
	return Rule{
		ID: "create-table-as", Title: "CREATE TABLE AS, SELECT INTO",
		Reason: "the running version does not know {table}; the query reads in one transaction", Compatibility: Expand,
		On:    on(statement.CreateTableAs),
		Match: func(s *Subject) bool { return len(s.Calls) == 0 && !s.Writes },
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Relations() {
				if fold(n) != fold(s.Name) {
					f.lock(AccessShare, n.String())
				}
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE copy AS SELECT * FROM note;"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE copy AS SELECT danger(id) FROM note;"},
	}
}

func dropTable() Rule {
	return Rule{
		ID: "drop-table", Title: "DROP TABLE",
		Reason:        "the running version reads or writes {name} until it is retired: 42P01; and a rollback cannot bring the data back",
		Instead:       "drop it in a contract file, which runs once the version that uses it is gone\n-- teal:contract, a file of its own:\nDROP TABLE {name};",
		Compatibility: Contract, Lock: AccessExclusive,
		Facts:  []Fact{{"PostgreSQL", "ACCESS EXCLUSIVE also on every table that its foreign keys refer to, and on the parent of a partition"}},
		On:     on(statement.DropTable),
		Match:  func(s *Subject) bool { return !s.Cascade },
		Refine: lockDropped,
		Bad:    Example{Before: noteTable, SQL: "DROP TABLE note;"},
		Good:   Example{Before: noteTable, SQL: "CREATE TABLE note2 (id bigint);"},
	}
}

// lockDropped adds the locks on each table, on those that its foreign keys refer to, and on the parent and the default
// partition of a partition.
func lockDropped(s *Subject, f *Finding) {
	for _, n := range s.Names {
		f.lock(AccessExclusive, n.String())
		r := s.World.relations[fold(n)]
		if r == nil {
			continue
		}
		f.lock(AccessExclusive, r.parent.String())
		if r.parent.Name != "" {
			lockSpare(s, f, r.parent)
		}
		for _, parent := range r.references("") {
			f.lock(AccessExclusive, parent)
		}
	}
}

func dropTableCascade() Rule {
	return Rule{
		ID: "drop-table-cascade", Title: "DROP TABLE … CASCADE",
		Reason:        "CASCADE drops views and foreign keys of other tables, and the text does not say which",
		Instead:       "drop what depends on it by name, in statements before, then:\n-- teal:contract\nDROP TABLE {name};",
		Compatibility: Never, Lock: AccessExclusive,
		On:    on(statement.DropTable),
		Match: func(s *Subject) bool { return s.Cascade }, Refine: lockDropped,
		Bad:  Example{Before: noteTable, SQL: "DROP TABLE note CASCADE;", Phase: PhaseContract},
		Good: Example{Before: noteTable, SQL: "DROP TABLE note;", Phase: PhaseContract},
	}
}

func renameTable() Rule {
	return Rule{
		ID: "rename-table", Title: "RENAME TABLE, SET SCHEMA",
		Reason: "the running version still says {table}: every statement of it fails with 42P01, from the moment of the rename",
		Instead: "keep the old name alive with a view in the same file, and drop the view when the old version is gone" +
			"\n-- expand:\nALTER TABLE {table} RENAME TO {new};\nCREATE VIEW {table} AS SELECT * FROM {new};\n-- teal:contract, a file of its own:\nDROP VIEW {table};",
		Compatibility: Never, Lock: AccessExclusive,
		On:    on(statement.RenameTable, statement.MoveTable),
		Match: func(s *Subject) bool { return !viewFollows(s) },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;\nCREATE VIEW note AS SELECT * FROM remark;"},
	}
}

func renameTableView() Rule {
	return Rule{
		ID: "rename-table-with-view", Title: "RENAME TABLE with a view of the old name in the same file",
		Reason:        "reads and plain writes of the running version go through the view; COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, GROUP BY the primary key and new foreign keys to it do not",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		On: on(statement.RenameTable, statement.MoveTable), Match: viewFollows,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;\nCREATE VIEW note AS SELECT * FROM remark;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;"},
	}
}

// viewFollows says whether a later statement of the same file, so of the same transaction, makes a view of the old name.
func viewFollows(s *Subject) bool {
	for i := s.Index + 1; i < len(s.File); i++ {
		if v := &s.File[i]; v.Kind == statement.CreateView && fold(v.Name) == fold(s.Name) {
			return true
		}
	}
	return false
}

func truncateTable() Rule {
	return Rule{
		ID: "truncate", Title: "TRUNCATE",
		Reason:        "the running version loses its rows at once, older snapshots included; CASCADE empties other tables too",
		Instead:       "delete in batches what must go, in a job; or drop the table in a contract file",
		Compatibility: Never, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive,
		On:   on(statement.Truncate),
		Bad:  Example{Before: noteTable, SQL: "TRUNCATE note;"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE note2 (id bigint);\nTRUNCATE note2;"},
	}
}

func createSchema() Rule {
	return Rule{
		ID: "create-schema", Title: "CREATE SCHEMA",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateSchema),
		Bad:  Example{SQL: "CREATE SCHEMA audit;"},
		Good: Example{SQL: "DROP SCHEMA audit;"},
	}
}

func dropSchema() Rule {
	return Rule{
		ID: "drop-schema", Title: "DROP SCHEMA",
		Reason:        "the running version uses what is in {name} until it is retired",
		Instead:       "drop its tables by name, then the schema, in a contract file\n-- teal:contract\nDROP SCHEMA {name};",
		Compatibility: Contract, On: on(statement.DropSchema),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Why = "CASCADE drops everything in " + s.Name.Name + ", and the text does not say what that is"
			}
		},
		Bad:  Example{Before: "CREATE SCHEMA audit;", SQL: "DROP SCHEMA audit;"},
		Good: Example{SQL: "CREATE SCHEMA audit;"},
	}
}

func renameSchema() Rule {
	return Rule{
		ID: "rename-schema", Title: "RENAME SCHEMA",
		Reason:        "the running version still says {name}: every statement of it that names the schema fails",
		Instead:       "make the new schema beside the old one and move table by table, each with a view of the old name",
		Compatibility: Never, On: on(statement.RenameSchema),
		Bad:  Example{Before: "CREATE SCHEMA audit;", SQL: "ALTER SCHEMA audit RENAME TO trail;"},
		Good: Example{SQL: "CREATE SCHEMA trail;"},
	}
}

func dropDatabase() Rule {
	return Rule{
		ID: "drop-database", Title: "DROP or RENAME DATABASE",
		Reason:        "no release drops or renames the database of the app",
		Instead:       "do it by hand, outside teal",
		Compatibility: Never, On: on(statement.DropDatabase, statement.CreateDatabase),
		Bad:  Example{SQL: "DROP DATABASE shop;"},
		Good: Example{SQL: "CREATE SCHEMA audit;"},
	}
}
