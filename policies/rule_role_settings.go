package policies

import "teal.dev/teal/migrate/statement"

func defaultPrivileges() Rule {
	return Rule{
		ID: "role-settings", Title: "ALTER DEFAULT PRIVILEGES, roles, ALTER ROLE … SET, ALTER SYSTEM",
		Reason:        "new sessions of the running version may get another search path, other settings or other rights",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.DefaultPrivileges, statement.Role, statement.AlterSystem),
		Bad:  Example{SQL: "ALTER ROLE clerk SET search_path = audit;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
