package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.Select:
	default:
		return nil // COPY and CREATE TABLE AS cannot be estimated so
	}
	if !st.IsData() {
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
		return fmt.Errorf("reading the plan of %s:%d: %w", f.Name, st.Line, err)
	}
	var rows float64
	for _, p := range plans {
		rows += p.Plan.written()
	}
	if int64(rows) <= r.d.config.MaxRows {
		return nil
	}
	return fault(release.Permanent, "backfill_too_large", "%s:%d: the statement would write about %.0f rows, more than backfill.max_rows (%d); do it in small steps in a job of the application, or raise the limit", f.Name, st.Line, rows, r.d.config.MaxRows)
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
