package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// after looks whether an IF NOT EXISTS that may have been skipped found what it would have made.
func (r *run) after(ctx context.Context, tx pgx.Tx, f migrate.File, st statement.Statement) error {
	why := ""
	var err error
	switch {
	case st.Kind == statement.CreateTable && st.IfNotExists:
		why, err = r.s.tableDiffers(ctx, tx, st)
	case st.Kind == statement.CreateIndex && st.IfNotExists:
		_, why, err = r.s.indexDiffers(ctx, tx, st)
	case st.Kind == statement.AlterTable:
		for _, c := range st.Commands {
			if c.Kind != statement.AddColumn || !c.IfNotExists || c.Column == nil {
				continue
			}
			if why, err = r.s.columnDiffers(ctx, tx, st.Name, *c.Column, true); why != "" || err != nil {
				break
			}
		}
	}
	if err != nil || why == "" {
		return err
	}
	return postState(f, st, why)
}

func postState(f migrate.File, st statement.Statement, why string) error {
	return fault(release.Permanent, "post_state", "%s:%d: IF NOT EXISTS found something else: %s; nothing of the file was kept: remove what is there, or change the file", f.Name, st.Line, why)
}

func quoted(n statement.Name) string {
	if n.Schema == "" {
		return pgx.Identifier{n.Name}.Sanitize()
	}
	return pgx.Identifier{n.Schema, n.Name}.Sanitize()
}

func (s *session) tableDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	var table bool
	if err := tx.QueryRow(ctx, `SELECT coalesce((SELECT relkind IN ('r', 'p') FROM pg_class WHERE oid = to_regclass($1)), false)`, quoted(st.Name)).Scan(&table); err != nil {
		return "", err
	}
	if !table {
		return st.Name.String() + " is not a table", nil
	}
	for _, c := range st.Definition {
		if why, err := s.columnDiffers(ctx, tx, st.Name, c, false); why != "" || err != nil {
			return why, err
		}
	}
	return "", nil
}

// columnDiffers compares a column with its definition.
func (s *session) columnDiffers(ctx context.Context, tx pgx.Tx, table statement.Name, c statement.Column, strict bool) (string, error) {
	var have string
	var notNull bool
	rows, err := tx.Query(ctx, `SELECT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND attnum > 0 AND NOT attisdropped`, quoted(table), c.Name)
	if err != nil {
		return "", err
	}
	_, err = pgx.ForEachRow(rows, []any{&have, &notNull}, func() error { return nil })
	if err != nil {
		return "", err
	}
	name := table.String() + "." + c.Name
	if have == "" {
		return "column " + name + " is missing", nil
	}
	want, err := s.typeName(ctx, tx, c.Type)
	if err != nil {
		return "", err
	}
	if want != "" && want != have {
		return fmt.Sprintf("column %s is %s, not %s", name, have, want), nil
	}
	wantNotNull := c.NotNull || c.Has(statement.PrimaryKey) || c.Serial()
	if strict && notNull != wantNotNull {
		return fmt.Sprintf("column %s is %s", name, map[bool]string{true: "NOT NULL", false: "nullable"}[notNull]), nil
	}
	return "", nil
}

// typeName asks the server how it spells a type, by means of a temporary table that is rolled back; "" = it cannot be known.
func (s *session) typeName(ctx context.Context, tx pgx.Tx, t statement.Type) (string, error) {
	integers := map[string]string{"serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2", "serial2": "int2"}
	if plain, ok := integers[t.Name]; ok {
		t = statement.Type{Name: plain}
	}
	if t.Name == "interval" && len(t.Mods) > 0 {
		return "", nil // its modifier is not spelt as it is stored
	}
	spelt := statement.Type{Mods: t.Mods, Array: t.Array}.String()
	sub, err := tx.Begin(ctx)
	if err != nil {
		return "", err
	}
	var name string
	_, err = sub.Exec(ctx, `CREATE TEMP TABLE teal_probe (c `+quoted(statement.Name{Schema: t.Schema, Name: t.Name})+spelt+`)`)
	if err == nil {
		err = sub.QueryRow(ctx, `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'pg_temp.teal_probe'::regclass AND attname = 'c'`).Scan(&name)
	}
	if back := sub.Rollback(ctx); back != nil {
		return "", back
	}
	if state := sqlState(err); state == "42501" || state == "42704" {
		return "", nil // no right to make temporary tables, or a type that only the server's parser can spell
	}
	return name, err
}

// indexDiffers compares an index with its definition. found says whether there is one.
func (s *session) indexDiffers(ctx context.Context, q querier, st statement.Statement) (found bool, why string, err error) {
	var table, valid, unique, partial, computed bool
	var columns []string
	name := st.Name
	if name.Schema == "" {
		name.Schema = st.Table.Schema
	}
	rows, err := q.Query(ctx, `SELECT i.indrelid = to_regclass($2), i.indisvalid, i.indisunique, i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
		coalesce((SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(num, n)
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= i.indnkeyatts), '{}')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = to_regclass($2) AND t.relnamespace = c.relnamespace
		WHERE c.relname = $1`, name.Name, quoted(st.Table))
	if err != nil {
		return false, "", err
	}
	_, err = pgx.ForEachRow(rows, []any{&table, &valid, &unique, &partial, &computed, &columns}, func() error { found = true; return nil })
	if err != nil || !found {
		return false, "index " + name.String() + " is missing", err
	}
	switch {
	case !table:
		why = "index " + name.String() + " belongs to another table"
	case !valid:
		why = "index " + name.String() + " is invalid (a broken CONCURRENTLY left it)"
	case unique != st.Unique || partial != st.Partial || computed != st.Expressions:
		why = "index " + name.String() + " has another definition"
	case !st.Expressions && len(st.Columns) == len(columns) && !slices.Equal(st.Columns, columns):
		why = fmt.Sprintf("index %s is on %v, not on %v", name, columns, st.Columns)
	}
	return true, why, nil
}
