package policies

import "teal.dev/teal/migrate/statement"

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
