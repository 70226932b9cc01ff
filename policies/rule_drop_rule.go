package policies

import "teal.dev/teal/migrate/statement"

func dropRule() Rule {
	return Rule{
		ID: "drop-rule", Title: "DROP RULE",
		Reason:        "the running version's statements on {table} are no longer rewritten",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.DropRule),
		Bad:  Example{Before: noteTable + "\nCREATE RULE no_delete AS ON DELETE TO note DO INSTEAD NOTHING;", SQL: "DROP RULE no_delete ON note;"},
		Good: Example{Before: noteTable, SQL: aTrigger},
	}
}
