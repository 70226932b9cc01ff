package policies

import "teal.dev/teal/migrate/statement"

func createRule() Rule {
	return Rule{
		ID: "create-rule", Title: "CREATE RULE",
		Reason:        "it rewrites the running version's statements on {table}",
		Instead:       "use a trigger or a view",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.CreateRule),
		Refine: lockOthers(RowExclusive),
		Bad:    Example{Before: noteTable, SQL: "CREATE RULE no_delete AS ON DELETE TO note DO INSTEAD NOTHING;"},
		Good:   Example{Before: noteTable, SQL: aTrigger},
	}
}
