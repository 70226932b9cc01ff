package policies

import "teal.dev/teal/migrate/statement"

func createFunction() Rule {
	return Rule{
		ID: "create-function", Title: "CREATE FUNCTION, CREATE PROCEDURE",
		Reason:        "an overload of a name that the running version calls can make its calls ambiguous (42725) or take them over",
		Instead:       "give it a name that nothing has yet",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.CreateFunction),
		Match:  func(s *Subject) bool { return !s.Replace },
		Refine: firstOfItsName,
		Facts:  []Fact{{"PostgreSQL 14+", "a BEGIN ATOMIC body is parsed when it is made, and what it uses becomes a dependency"}},
		Bad:    Example{SQL: aFunction},
		Good:   Example{SQL: "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"},
	}
}
