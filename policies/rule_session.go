package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func isTimeout(s *Subject) bool {
	switch s.Detail {
	case "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
		"application_name", "client_min_messages", "maintenance_work_mem", "work_mem", "max_parallel_maintenance_workers", "constraints":
		return true
	}
	return false
}

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

func isLockTimeout(s *Subject) bool {
	return s.Detail == "lock_timeout" || s.Detail == "deadlock_timeout"
}

func lockTimeout() Rule {
	return Rule{
		ID: "lock-timeout", Title: "SET lock_timeout, SET deadlock_timeout",
		Reason:        "it takes the place of teal's own short lock_timeout: while the statement waits for its lock, everybody queues behind it",
		Instead:       "leave it out: teal tries with a short timeout, again and again",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Set),
		Match: isLockTimeout,
		Bad:   Example{SQL: "SET lock_timeout = '10s';"},
		Good:  Example{SQL: "SET LOCAL statement_timeout = '1min';"},
	}
}

func timeoutSetting() Rule {
	return Rule{
		ID: "timeout-setting", Title: "SET statement_timeout, memory and the like",
		Reason: "only this session notices", Compatibility: Expand, On: on(statement.Set),
		Match: isTimeout,
		Bad:   Example{SQL: "SET LOCAL statement_timeout = '1min';"},
		Good:  Example{SQL: "SET search_path = audit;"},
	}
}

func lockTable() Rule {
	return Rule{
		ID: "lock-table", Title: "LOCK TABLE",
		Reason:        "the running version waits until the transaction ends, however long the statements behind it take",
		Instead:       "leave it out: each statement takes the lock it needs",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Lock),
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Names {
				f.lock(Level(s.Detail), n.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "LOCK TABLE note IN SHARE MODE;"},
		Good: Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
	}
}

func calls(s *Subject) bool { return len(s.Calls) > 0 || s.Writes }

func selectCalls() Rule {
	return Rule{
		ID: "select-with-effects", Title: "SELECT of a function that may change something",
		Reason:        "the text does not show what the functions do",
		Instead:       "write the statement that does it, or have a DBA approve",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect}, On: on(statement.Select, statement.Explain, statement.CreateTableAs, statement.CreateMatView, statement.CopyOut),
		Match: calls,
		Refine: func(s *Subject, f *Finding) {
			if len(s.Calls) > 0 {
				f.Why += ": " + strings.Join(s.Calls, ", ")
			}
			if s.Writes {
				f.add(DataChanged)
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "SELECT setval('ticket', 1000);"},
		Good: Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
	}
}

func selectOnly() Rule {
	return Rule{
		ID: "select", Title: "SELECT, EXPLAIN, COPY TO",
		Reason: "it only reads", Compatibility: Expand, On: on(statement.Select, statement.Explain, statement.CopyOut),
		Match: func(s *Subject) bool { return !calls(s) },
		Bad:   Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
		Good:  Example{SQL: "SELECT setval('ticket', 1000);"},
	}
}

func comment() Rule {
	return Rule{
		ID: "comment", Title: "COMMENT ON",
		Reason: "nobody notices", Compatibility: Expand, On: on(statement.CommentOn),
		Refine: func(s *Subject, f *Finding) { f.lock(ShareUpdateExclusive, s.Table.String()) },
		Bad:    Example{Before: noteTable, SQL: "COMMENT ON COLUMN note.body IS 'what customers say';"},
		Good:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}

func analyze() Rule {
	return Rule{
		ID: "maintenance", Title: "ANALYZE, VACUUM, CREATE STATISTICS",
		Reason: "only the planner notices", Compatibility: Expand,
		On:    on(statement.Analyze, statement.Vacuum, statement.CreateStatistics, statement.DropStatistics, statement.Checkpoint),
		Match: func(s *Subject) bool { return !s.Full },
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Relations() {
				f.lock(ShareUpdateExclusive, n.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ANALYZE note;"},
		Good: Example{Before: noteTable, SQL: "VACUUM FULL note;"},
	}
}
