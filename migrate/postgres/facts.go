package postgres

import (
	"context"
	"fmt"
)

// Facts are what a gate may want to know of the database as it is.
type Facts struct {
	Tables map[string]Table `json:"tables"` // by schema.name
}

// Table is one table that exists. A partitioned table, and one that others inherit from, has the rows and the bytes of all of
// them: a statement on it goes on to them.
type Table struct {
	Rows    int64             `json:"rows"`  // the planner's estimate, or the rows written since where they are more; -1 = never counted
	Bytes   int64             `json:"bytes"` // with indexes
	Columns map[string]Column `json:"columns"`
}

// Column is one column that exists.
type Column struct {
	Type    string `json:"type"`
	NotNull bool   `json:"not_null"`
	Default bool   `json:"default"` // it fills itself: a default, an identity, a generated column
}

// estimate is how many rows the table c has, as the planner does it: as many to a page as when they were counted, times the pages that
// it has now. A table that was counted when it held one row has grown since without a new count, and its full pages hold more than
// the one did; so the server's count of rows written and deleted tells where it is more.
const estimate = `greatest(0, pg_stat_get_live_tuples(c.oid),
				CASE WHEN c.relpages > 0 THEN round(c.reltuples::float8 / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::bigint)) END)`

// Facts reads the tables and columns of the database, teal's own left out.
func (d *Database) Facts(ctx context.Context) (Facts, error) {
	facts := Facts{Tables: map[string]Table{}}
	s, err := d.look(ctx)
	if err != nil {
		return facts, err
	}
	defer s.hangUp()
	rows, err := s.Query(ctx, `WITH RECURSIVE family AS (SELECT oid AS root, oid FROM pg_class WHERE relkind IN ('r', 'p')
			UNION SELECT f.root, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid),
		size AS (SELECT f.root, sum(pg_total_relation_size(c.oid))::bigint AS bytes,
			CASE WHEN bool_or(c.relkind = 'r' AND c.reltuples <= 0 AND pg_total_relation_size(c.oid) > 65536) OR bool_and(c.reltuples < 0) THEN -1
				ELSE sum(`+estimate+`) FILTER (WHERE c.relkind = 'r') END::bigint AS rows
			FROM family f JOIN pg_class c ON c.oid = f.oid GROUP BY f.root)
		SELECT n.nspname || '.' || c.relname, coalesce(size.rows, 0), size.bytes,
		coalesce(a.attname, ''), coalesce(format_type(a.atttypid, a.atttypmod), ''), coalesce(a.attnotnull, false), coalesce(a.atthasdef OR a.attidentity <> '', false)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN size ON size.root = c.oid
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
