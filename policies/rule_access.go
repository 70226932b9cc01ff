package policies

import "teal.dev/teal/migrate/statement"

func enableRLS() Rule {
	return Rule{
		ID: "enable-row-security", Title: "ENABLE or FORCE ROW LEVEL SECURITY",
		Reason:        "without a policy that lets it, the running version reads no rows of {table} at all, and gets no error",
		Instead:       "make a permissive policy in the same file, before, and enable it when the old version is gone\n-- teal:contract, one file:\nCREATE POLICY all_rows ON {table} USING (true) WITH CHECK (true);\nALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
		Compatibility: Contract, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, On: on(statement.EnableRLS, statement.ForceRLS),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ENABLE ROW LEVEL SECURITY;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}

func disableRLS() Rule {
	return Rule{
		ID: "disable-row-security", Title: "DISABLE or NO FORCE ROW LEVEL SECURITY",
		Reason:        "the running version reads rows of {table} that were hidden from it",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, DataChanged}, Lock: AccessExclusive, On: on(statement.DisableRLS, statement.NoForceRLS),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note DISABLE ROW LEVEL SECURITY;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}

func changePolicy() Rule {
	return Rule{
		ID: "change-policy", Title: "CREATE, ALTER, DROP POLICY",
		Reason:        "the running version reads and writes more or fewer rows of {table}, and gets no error",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, DataChanged}, Lock: AccessExclusive,
		On:   on(statement.CreatePolicy, statement.AlterPolicy, statement.DropPolicy),
		Bad:  Example{Before: noteTable, SQL: "CREATE POLICY own ON note USING (n = 1);"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}

func grant() Rule {
	return Rule{
		ID: "grant", Title: "GRANT",
		Reason: "nobody loses a right", Compatibility: Expand, On: on(statement.Grant),
		Bad:  Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
		Good: Example{Before: noteTable, SQL: "REVOKE SELECT ON note FROM clerk;"},
	}
}

func revoke() Rule {
	return Rule{
		ID: "revoke", Title: "REVOKE",
		Reason:        "if the running version's role has the right, its statements fail with 42501",
		Instead:       "-- teal:contract, a file of its own: the same statement",
		Compatibility: Contract, On: on(statement.Revoke),
		Bad:  Example{Before: noteTable, SQL: "REVOKE SELECT ON note FROM clerk;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}

func defaultPrivileges() Rule {
	return Rule{
		ID: "role-settings", Title: "ALTER DEFAULT PRIVILEGES, roles, ALTER ROLE … SET, ALTER SYSTEM",
		Reason:        "new sessions of the running version may get another search path, other settings or other rights",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.DefaultPrivileges, statement.Role, statement.AlterSystem),
		Bad:  Example{SQL: "ALTER ROLE clerk SET search_path = audit;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
