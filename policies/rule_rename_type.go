package policies

import "teal.dev/teal/migrate/statement"

func renameType() Rule {
	return Rule{
		ID: "rename-type", Title: "RENAME TYPE",
		Reason:        "the running version still says {name} in its casts, and drivers look types up by name",
		Instead:       "leave the name, or make a new type and move column by column (see alter-column-type)",
		Compatibility: Never, On: on(statement.RenameType),
		Bad:  Example{Before: aMood, SQL: "ALTER TYPE mood RENAME TO humour;"},
		Good: Example{SQL: "CREATE TYPE humour AS ENUM ('sad');"},
	}
}
