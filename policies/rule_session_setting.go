package policies

import "teal.dev/teal/migrate/statement"

func sessionSetting() Rule {
	return Rule{
		ID: "session-setting", Title: "SET, RESET, DISCARD",
		Reason:        "what the statements behind it mean or check changes: search_path, role, TimeZone, session_replication_role; without LOCAL it outlives the file",
		Instead:       "write names with their schema and leave the session alone; teal sets TimeZone to UTC and its own timeouts",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Set),
		Match: func(s *Subject) bool { return !isTimeout(s) && !isLockTimeout(s) },
		Bad:   Example{SQL: "SET search_path = audit;"},
		Good:  Example{SQL: "SET LOCAL statement_timeout = '1min';"},
	}
}
