package policies

import "teal.dev/teal/migrate/statement"

func dropDefault() Rule {
	return Rule{
		ID: "drop-default", Title: "DROP DEFAULT",
		Reason:        "inserts of the running version that leave {column} out fail with 23502 if it is NOT NULL, and store NULL if it is not",
		Instead:       "drop it when the version that relies on it is gone\n-- teal:contract\nALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;",
		Compatibility: Contract, Lock: AccessExclusive,
		On: on(statement.DropDefault),
		Refine: func(s *Subject, f *Finding) {
			if c := s.World.column(s.Name, s.Command.Name); c != nil && c.known && !c.hasDef && !c.generated && !s.World.family(s.Name) && alone(s) {
				f.settled(s.Command.Name + " has no default")
				return
			}
			if c := s.World.column(s.Name, s.Command.Name); c != nil && c.known && !c.notNull {
				f.Compatibility, f.Instead = Depends, ""
				f.add(BehaviourChanged)
				f.Why = "inserts of the running version that leave " + s.Command.Name + " out store NULL from now on"
			}
			if c := s.World.column(s.Name, s.Command.Name); c != nil && !c.notNull {
				newColumnIsExpand(s, f)
			}
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ALTER COLUMN title SET DEFAULT 'untitled';", SQL: "ALTER TABLE note ALTER COLUMN title DROP DEFAULT;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
