package postgres

import (
	"context"
	"fmt"
)

// Facts are what a gate may want to know of the database as it is.
type Facts struct {
	Tables map[string]Table `json:"tables"` // by schema.name
}

// Table is one table that exists.
type Table struct {
	Rows    int64             `json:"rows"`  // the planner's estimate; -1 = never counted
	Bytes   int64             `json:"bytes"` // with indexes
	Columns map[string]Column `json:"columns"`
}

// Column is one column that exists.
type Column struct {
	Type    string `json:"type"`
	NotNull bool   `json:"not_null"`
	Default bool   `json:"default"` // it fills itself: a default, an identity, a generated column
}

// Facts reads the tables and columns of the database, teal's own left out.
func (d *Database) Facts(ctx context.Context) (Facts, error) {
	facts := Facts{Tables: map[string]Table{}}
	s, err := d.look(ctx)
	if err != nil {
		return facts, err
	}
	defer s.hangUp()
	rows, err := s.Query(ctx, `SELECT n.nspname || '.' || c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid),
		coalesce(a.attname, ''), coalesce(format_type(a.atttypid, a.atttypmod), ''), coalesce(a.attnotnull, false), coalesce(a.atthasdef OR a.attidentity <> '', false)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_')
		AND NOT (n.nspname = $2 AND c.relname = ANY($1))`, d.ownTables(), s.schema)
	if err != nil {
		return facts, fmt.Errorf("reading the tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, name string
		var t Table
		var c Column
		if err := rows.Scan(&table, &t.Rows, &t.Bytes, &name, &c.Type, &c.NotNull, &c.Default); err != nil {
			return facts, fmt.Errorf("reading the tables: %w", err)
		}
		if have, ok := facts.Tables[table]; ok {
			t.Columns = have.Columns
		} else {
			t.Columns = map[string]Column{}
		}
		if name != "" {
			t.Columns[name] = c
		}
		facts.Tables[table] = t
	}
	return facts, rows.Err()
}
