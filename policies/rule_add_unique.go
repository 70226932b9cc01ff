package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

func addUnique() Rule {
	return Rule{
		ID: "add-unique", Title: "ADD UNIQUE, ADD PRIMARY KEY",
		Reason: "duplicates that the running version writes fail with 23505, and the index is built while nobody can read {table}",
		Instead: "build the index first, beside the traffic\n-- expand, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns});\n" +
			"-- a later file:\nALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return key(c) && c.UsingIndex == "" }),
		Refine: func(s *Subject, f *Finding) {
			c := s.Command.Constraint
			if keyOfParentAlone(s, f) {
				return
			}
			f.Instead = keyAdvice(s)
			if c.Kind == statement.PrimaryKey && slices.ContainsFunc(c.Columns, func(name string) bool { return !s.World.notNull(s.Name, name) }) {
				return // it makes them NOT NULL
			}
			if alone(s) {
				twinsRefused(s, f, s.Name, c.Columns, c.NullsNotDistinct)
			}
		},
		Facts: []Fact{{"PostgreSQL", "a primary key: PRIMARY KEY USING INDEX, once its columns are NOT NULL"},
			{"PostgreSQL 11 to 18", "a partitioned table takes over no index: ALTER TABLE ONLY … ADD, then a key of each partition, attached with ALTER INDEX … ATTACH PARTITION"},
			{"PostgreSQL 15+", "NULLS NOT DISTINCT: two NULLs collide as well"}},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE (body);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE USING INDEX note_body;"},
	}
}
