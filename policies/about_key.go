package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// keyAdvice is how a key is made beside the traffic: an index first, which the key takes over. A primary key wants its columns NOT NULL
// before, or it reads the table for that under the lock; and a partitioned table takes over no index, so its partitions do.
func keyAdvice(s *Subject) string {
	k, w := s.Command.Constraint, wordsOf(s)
	first := missingNotNull(s, w)
	if s.World.partitioned(s.Name) {
		return w.sql("make the key of the partitioned table alone, which holds once each partition has its own attached; USING INDEX is refused there") + first +
			w.sql("\n-- a file of its own:\nALTER TABLE ONLY {table} ADD CONSTRAINT {constraint} ") + spellKey(k) + ";" +
			w.sql("\n-- for each partition, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {constraint}_p ON … ") + keyColumns(k) + ";" +
			w.sql("\n-- a later file:\nALTER TABLE … ADD CONSTRAINT {constraint}_p ") + keyWord(k) + w.sql(" USING INDEX {constraint}_p;\nALTER INDEX ") +
			inSchema(s.Name.Schema, w.constraint) + w.sql(" ATTACH PARTITION {constraint}_p;")
	}
	return w.sql("build the index first, beside the traffic\n-- expand, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ") + keyColumns(k) + ";" +
		first + w.sql("\n-- a later file:\nALTER TABLE {table} ADD CONSTRAINT {constraint} ") + keyWord(k) + w.sql(" USING INDEX {constraint}") + keyTail(k) + ";"
}

// missingNotNull is the advice for the columns of a primary key that may hold NULL.
func missingNotNull(s *Subject, w *words) string {
	out := ""
	if s.Command.Constraint.Kind != statement.PrimaryKey {
		return out
	}
	for _, name := range s.Command.Constraint.Columns {
		if !s.World.notNull(s.Name, name) {
			one := *w
			one.column = name
			out += "\n" + one.sql(contractNotNull)
		}
	}
	return out
}

func keyWord(k *statement.Constraint) string {
	if k.Kind == statement.PrimaryKey {
		return "PRIMARY KEY"
	}
	return "UNIQUE"
}

// keyColumns are what an index needs that a key takes over.
func keyColumns(k *statement.Constraint) string {
	out := "(" + quoteAll(k.Columns) + ")"
	if len(k.Reads) > 0 {
		out += " INCLUDE (" + quoteAll(k.Reads) + ")"
	}
	if k.NullsNotDistinct {
		out += " NULLS NOT DISTINCT"
	}
	return out
}

func keyTail(k *statement.Constraint) string {
	if k.Deferrable {
		return " DEFERRABLE"
	}
	return ""
}

// spellKey is a key as it is written where it takes over no index.
func spellKey(k *statement.Constraint) string {
	if k.SQL != "" {
		return strings.TrimSpace(k.SQL)
	}
	return keyWord(k) + " (" + quoteAll(k.Columns) + ")"
}

// inSchema is the name of an index in the schema of its table.
func inSchema(schema, name string) string {
	return nameList([]statement.Name{{Schema: schema, Name: name}}, quote)
}

// keyOfParentAlone judges ADD UNIQUE and ADD PRIMARY KEY with ONLY on a partitioned table: nothing is built, and nothing is refused
// until each partition has a key of its own, which is judged where it is made.
func keyOfParentAlone(s *Subject, f *Finding) bool {
	if !s.Only || !s.World.partitioned(s.Name) {
		return false
	}
	f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
	f.Why = "ONLY makes the key of " + s.Name.String() + " alone, which is not valid before each partition has its own attached; a partition that is made from now on has it, and refuses duplicates of the running version"
	f.Instead = ""
	return true
}
