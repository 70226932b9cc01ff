package policies

import "teal.dev/teal/migrate/statement"

func alterFunction() Rule {
	return Rule{
		ID: "alter-function", Title: "ALTER FUNCTION",
		Reason:        "the running version's calls of {name} behave differently from now on",
		Instead:       "make {name}_v2 for the new version, and drop {name} in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.AlterFunction),
		Refine: func(s *Subject, f *Finding) {
			if s.NewName != "" || s.NewSchema != "" {
				f.raise(Never)
				f.Why = "the running version still says " + s.Name.String() + ": 42883 from the moment of the rename"
			}
		},
		Bad:  Example{Before: aFunction, SQL: "ALTER FUNCTION f(int) STABLE;"},
		Good: Example{SQL: aFunction},
	}
}
