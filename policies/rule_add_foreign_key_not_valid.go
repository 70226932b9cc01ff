package policies

import "teal.dev/teal/migrate/statement"

func addForeignKeyNotValid() Rule {
	return Rule{
		ID: "add-foreign-key-not-valid", Title: "ADD FOREIGN KEY … NOT VALID",
		Reason:        "instant, but enforced at once: orphans that the running version inserts fail with 23503, and so do its deletes from {parent}",
		Instead:       "make sure that the running version writes no orphans; else add it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareRowExclusive,
		Facts: []Fact{{"PostgreSQL before 18", "an error on a partitioned table"}},
		On:    on(statement.AddConstraint), Match: foreignKey(true),
		Refine: func(s *Subject, f *Finding) {
			refineForeignKey(s, f)
			if s.World.partitioned(s.Name) && s.World.older(18) {
				f.raise(Never)
				f.Why, f.Instead = "PostgreSQL before 18 refuses NOT VALID on a partitioned table, and "+s.Name.String()+" is one", "add it without NOT VALID, or on each partition"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id) NOT VALID;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}
