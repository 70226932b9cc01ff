package policies

import "teal.dev/teal/migrate/statement"

// doBlock is a DO block or a CALL.
func doBlock() Rule {
	return Rule{
		ID: "do-block", Title: "DO block, CALL, EXECUTE",
		Reason:        "the text does not show what it does: the body may run any SQL, built at run time",
		Instead:       "write the statements themselves; where a loop or a condition is needed, have a DBA read and approve it",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect},
		On:   on(statement.Do, statement.Call),
		Bad:  Example{Before: noteTable, SQL: "DO $$ BEGIN EXECUTE 'DROP TABLE note'; END $$;"},
		Good: Example{SQL: "COMMENT ON TABLE note IS 'what customers say';"},
	}
}
