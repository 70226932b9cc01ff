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
				return
			}
			r := s.World.relations[fold(s.Name)]
			if r == nil || r.triggers[s.Command.Name] == nil || s.Command.Detail == "replica" || s.World.family(s.Name) || !alone(s) {
				return
			}
			if off := r.triggers[s.Command.Name].off; off == (s.Command.Kind == statement.DisableTrigger) && (off || s.Command.Detail == "") {
				f.settled("it is so already")
			}
		},
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
		Good: Example{Before: noteTable, SQL: "DROP TRIGGER touch ON note;"},
	}
}
