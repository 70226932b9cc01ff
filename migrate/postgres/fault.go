package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

func fault(class release.Class, code, format string, args ...any) *release.Fault {
	return &release.Fault{Class: class, Code: code, Text: fmt.Sprintf(format, args...)}
}

// sqlState is the SQLSTATE of an error of the server, or "".
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// isLockWait says that the server gave up waiting for a lock, or broke a deadlock: nothing is wrong with the statement.
func isLockWait(err error) bool {
	state := sqlState(err)
	return state == "55P03" || state == "40P01"
}

// isLost says that the session has ended under us: whether its transaction committed is not known here.
func isLost(err error) bool {
	state := sqlState(err)
	return state == "" || strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") || state == "25P03"
}

// failed turns the error of a statement into a Fault that names file, line, SQLSTATE and hint.
func failed(ctx context.Context, err error, f migrate.File, s statement.Statement) error {
	var known *release.Fault
	if errors.As(err, &known) {
		return err
	}
	if ctx.Err() != nil {
		return cancelled(ctx)
	}
	if isLockWait(err) {
		return err
	}
	if isLost(err) {
		return fault(release.Retry, "connection_lost", "%s: the session ended in the middle (%v); its transaction is looked for in the ledger before anything is repeated", f.Name, err)
	}
	var pg *pgconn.PgError
	errors.As(err, &pg)
	line := lineOf(s, int(pg.Position))
	if strings.HasPrefix(pg.Code, "53") {
		return fault(release.Retry, "database_exhausted", "%s:%d: SQLSTATE %s: %s; nothing of the file was kept; give the database room, teal repeats it", f.Name, line, pg.Code, pg.Message)
	}
	if pg.Code == "25006" {
		return fault(release.Retry, "read_only", "%s:%d: SQLSTATE %s: %s; this server is a standby or its role may only read: let database.url (or direct_url) lead to the primary, teal repeats it", f.Name, line, pg.Code, pg.Message)
	}
	if pg.Code == "57014" {
		return fault(release.Budget, "deadline", "%s:%d: the statement was stopped: %s; look at what it waited for", f.Name, line, pg.Message)
	}
	return fault(release.Permanent, "migration_failed", "%s:%d: SQLSTATE %s: %s%s; nothing of the file was kept: correct it and release again", f.Name, line, pg.Code, pg.Message, extra(pg))
}

func extra(pg *pgconn.PgError) string {
	text := ""
	if pg.Detail != "" {
		text += " (" + pg.Detail + ")"
	}
	if pg.Hint != "" {
		text += " (hint: " + pg.Hint + ")"
	}
	return text
}

// lineOf turns the server's position, in characters from 1, into a line of the file.
func lineOf(s statement.Statement, position int) int {
	line := s.Line
	for i, r := range []rune(s.SQL) {
		if i+1 >= position {
			break
		}
		if r == '\n' {
			line++
		}
	}
	return line
}

func cancelled(ctx context.Context) error {
	return fmt.Errorf("%w: %w", fault(release.Retry, "cancelled", "the migration was cancelled; nothing of the file in hand was kept"), context.Cause(ctx))
}
