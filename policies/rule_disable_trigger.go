package policies

import "teal.dev/teal/migrate/statement"

func disableTrigger() Rule {
	return Rule{
		ID: "disable-trigger", Title: "ENABLE, DISABLE TRIGGER or RULE",
		Reason:        "the running version's writes to {table} behave differently from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive,
		On: on(statement.EnableTrigger, statement.DisableTrigger, statement.AlterRule),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Kind == statement.AlterRule {
				f.unlock()
				f.lock(AccessExclusive, s.Name.String())
			}
		},
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
		Good: Example{Before: noteTable, SQL: "DROP TRIGGER touch ON note;"},
	}
}
