package policies

import "teal.dev/teal/migrate/statement"

func dropTrigger() Rule {
	return Rule{
		ID: "drop-trigger", Title: "DROP TRIGGER",
		Reason:        "the running version may rely on it: an updated_at, a copied column, a refusal",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.DropTrigger),
		Refine: func(s *Subject, f *Finding) {
			if r := s.World.relations[fold(s.Table)]; r != nil && r.triggers[s.Name.Name] != nil && r.triggers[s.Name.Name].off && !s.World.family(s.Table) {
				f.settled(s.Name.Name + " is disabled, so it runs for nobody")
			}
		},
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "DROP TRIGGER touch ON note;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
	}
}
