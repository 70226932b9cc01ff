package policies

import "teal.dev/teal/migrate/statement"

func replaceFunction() Rule {
	return Rule{
		ID: "replace-function", Title: "CREATE OR REPLACE FUNCTION",
		Reason:        "if the running version, a trigger or a view calls {name}, it runs the new body from the moment of the commit",
		Instead:       "make {name}_v2 for the new version, and drop {name} in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.CreateFunction),
		Match:  func(s *Subject) bool { return s.Replace },
		Refine: firstOfItsName,
		Bad:    Example{Before: aFunction, SQL: "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"},
		Good:   Example{SQL: aFunction},
	}
}
