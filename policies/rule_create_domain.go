package policies

import "teal.dev/teal/migrate/statement"

func createDomain() Rule {
	return Rule{
		ID: "create-domain", Title: "CREATE DOMAIN",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateDomain),
		Refine: shadowsType,
		Bad:    Example{SQL: "CREATE DOMAIN stars AS int CHECK (VALUE < 6);"},
		Good:   Example{SQL: "ALTER DOMAIN stars SET NOT NULL;"},
	}
}
