package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

const explain = "EXPLAIN (FORMAT JSON) "

// node is what matters of a plan that EXPLAIN prints.
type node struct {
	Type  string  `json:"Node Type"`
	Rows  float64 `json:"Plan Rows"`
	Plans []node  `json:"Plans"`
}

// rows refuses a data statement that the planner expects to write more rows than allowed. The statement is not run for it.
func (r *run) rows(ctx context.Context, tx pgx.Tx, f migrate.File, st statement.Statement) error {
	switch st.Kind {
	case statement.CopyIn: // one from a file or a program of the server is opaque; see copied
		return fault(release.Permanent, "migration_failed", "%s:%d: COPY FROM STDIN has nobody to read from in a migration; write INSERT statements", f.Name, st.Line)
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.Select:
		if !st.IsData() {
			return nil
		}
	case statement.CreateTableAs:
		if st.IfNotExists {
			if skipped, err := r.before(ctx, tx, st); len(skipped) > 0 || err != nil {
				return err
			}
		}
	default:
		return nil
	}
	var text []byte
	if err := tx.QueryRow(ctx, explain+st.SQL).Scan(&text); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Position > int32(len(explain)) {
			pg.Position -= int32(len(explain)) // the statement would have failed the same way
		}
		return err
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil {
		return fault(release.Permanent, "migration_failed", "%s:%d: the server's plan of the statement cannot be read (%v); put it into a job of the application", f.Name, st.Line, err)
	}
	var rows float64
	for _, p := range plans {
		rows += p.Plan.written()
		if st.Kind == statement.CreateTableAs {
			rows += p.Plan.Rows
		}
	}
	return r.limit(f, st, rows, "would write about")
}

// copied refuses, and so takes back, a COPY that has read more rows than allowed: nobody can say before how many there are.
func (r *run) copied(f migrate.File, st statement.Statement, tag pgconn.CommandTag) error {
	if !copies(st.SQL) {
		return nil
	}
	return r.limit(f, st, float64(tag.RowsAffected()), "has written")
}

// copies says whether a statement is a COPY into a table.
func copies(sql string) bool {
	all := tokens(sql)
	return len(all) > 0 && all[0].kind == 'w' && all[0].text == "copy" && slices.ContainsFunc(all, func(t token) bool {
		return t.kind == 'w' && t.text == "from" && t.depth == 0
	})
}

func (r *run) limit(f migrate.File, st statement.Statement, rows float64, verb string) error {
	if rows <= float64(r.d.config.MaxRows) {
		return nil
	}
	return fault(release.Permanent, "backfill_too_large", "%s:%d: the statement %s %.0f rows, more than backfill.max_rows (%d); nothing was kept: do it in small steps in a job of the application, or raise the limit", f.Name, st.Line, verb, rows, r.d.config.MaxRows)
}

// written adds up the rows that reach the plan's writing nodes.
func (n node) written() float64 {
	var rows float64
	for _, child := range n.Plans {
		if n.Type == "ModifyTable" {
			rows += child.Rows
		}
		rows += child.written()
	}
	return rows
}
