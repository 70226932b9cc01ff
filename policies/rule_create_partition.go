package policies

import "teal.dev/teal/migrate/statement"

func createPartition() Rule {
	return Rule{
		ID: "create-partition", Title: "CREATE TABLE … PARTITION OF",
		Reason:        "the running version's rows go where they belong; {parent} and its default partition, which is read, are locked meanwhile",
		Instead:       "make the table first and attach it, which locks less (a default partition is searched all the same)\n-- expand:\nCREATE TABLE {name} (LIKE {parent} INCLUDING ALL);\nALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES …;",
		Compatibility: Expand, On: on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name != "" },
		Refine: func(s *Subject, f *Finding) {
			f.lock(AccessExclusive, s.PartitionOf.String())
			lockSpare(s, f, s.PartitionOf)
			adviseSpare(s, f, s.PartitionOf)
			lockKeys(s, f, s.PartitionOf)
			if demanding(s) {
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Why = "it demands more than {parent} does, so the running version's inserts that go there may fail"
				f.Why = wordsOf(s).say(f.Why)
				f.Instead = "demand it of the parent, or in a contract file"
			}
			if refersToOld(s) {
				lockParents(f, s, s.Constraints)
			}
			shadows(s, f)
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "ACCESS EXCLUSIVE on the parent and on the default partition"}},
		Bad:   Example{Before: logTable, SQL: "CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');"},
		Good:  Example{Before: logTable, SQL: "CREATE TABLE log_3 (LIKE log);"},
	}
}
