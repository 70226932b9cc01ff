package policies

import "teal.dev/teal/migrate/statement"

func addEnumValue() Rule {
	return Rule{
		ID: "add-enum-value", Title: "ALTER TYPE … ADD VALUE",
		Reason:        "harmless until the new version writes '{value}': then the running version reads a value it does not know. It cannot be removed again",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, On: on(statement.AddEnumValue),
		Refine: func(s *Subject, f *Finding) {
			if u := s.World.types[fold(s.Name)]; u != nil && s.IfNotExists && s.World.sighted && has(u.labels, s.Detail) {
				f.settled("'" + s.Detail + "' is a value of " + s.Name.String() + " already: the statement does nothing")
			}
		},
		Facts: []Fact{{"PostgreSQL 12+", "allowed in a transaction, but the value cannot be used before its commit: keep it in a file of its own"}},
		Bad:   Example{Before: aMood, SQL: "ALTER TYPE mood ADD VALUE 'wild';"},
		Good:  Example{SQL: "CREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'wild';"},
	}
}
