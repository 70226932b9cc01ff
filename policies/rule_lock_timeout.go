package policies

import "teal.dev/teal/migrate/statement"

func lockTimeout() Rule {
	return Rule{
		ID: "lock-timeout", Title: "SET lock_timeout, SET deadlock_timeout",
		Reason:        "it takes the place of teal's own short lock_timeout: while the statement waits for its lock, everybody queues behind it",
		Instead:       "leave it out: teal tries with a short timeout, again and again",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Set),
		Match: isLockTimeout,
		Facts: []Fact{{"PostgreSQL 17+", "transaction_timeout exists as well"}},
		Bad:   Example{SQL: "SET lock_timeout = '10s';"},
		Good:  Example{SQL: "SET LOCAL statement_timeout = '1min';"},
	}
}
