package policies

import "teal.dev/teal/migrate/statement"

func addColumnUnknownType() Rule {
	return Rule{
		ID: "add-column-unknown-type", Title: "ADD COLUMN of a type that no migration here makes",
		Reason:        "teal does not know the type {type}; if it is a domain with a constraint, {table} is rewritten while nobody can read",
		Instead:       "make the type in a migration, or have a DBA confirm that it is not a constrained domain",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect, RowShape}, Lock: AccessExclusive,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			return c != nil && userDefined(c.Type) && s.World.types[fold(typeName(c))] == nil
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN s mystery;"},
		Good: Example{Before: noteTable + "\nCREATE TYPE mystery AS ENUM ('a');", SQL: "ALTER TABLE note ADD COLUMN s mystery;"},
	}
}
