package policies

import "teal.dev/teal/migrate/statement"

func transactionControl() Rule {
	return Rule{
		ID: "transaction-control", Title: "BEGIN, COMMIT, ROLLBACK, SAVEPOINT",
		Reason:        "teal runs each file and its record in one transaction; a COMMIT inside cuts it, and half a file stays after a failure",
		Instead:       "take the line out; make two files where two transactions are meant",
		Compatibility: Never, On: on(statement.Begin, statement.Commit, statement.Rollback, statement.Savepoint, statement.TwoPhase),
		Bad:  Example{SQL: "BEGIN;\nCREATE TABLE tag (id int);\nCOMMIT;"},
		Good: Example{SQL: "CREATE TABLE tag (id int);"},
	}
}
