package policies

import "teal.dev/teal/migrate/statement"

func createExtension() Rule {
	return Rule{
		ID: "create-extension", Title: "CREATE EXTENSION, ALTER EXTENSION, event triggers",
		Reason:        "the text does not show what it makes; it may need a superuser, and operators it brings may take over calls",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect}, On: on(statement.CreateExtension, statement.AlterExtension, statement.EventTrigger),
		Refine: func(s *Subject, f *Finding) {
			if s.Kind == statement.CreateExtension && s.IfNotExists && s.World.sighted && s.World.extension[s.Name.Name] {
				f.settled("the extension " + s.Name.Name + " is there already: the statement does nothing")
			}
		},
		Facts: []Fact{{"PostgreSQL 13+", "a trusted extension needs no superuser"}},
		Bad:   Example{SQL: "CREATE EXTENSION IF NOT EXISTS pgcrypto;"},
		Good:  Example{SQL: "CREATE SCHEMA audit;"},
	}
}
