package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate/statement"
)

// probe is the temporary table that shows what a definition means. It comes before every other table of the name.
const probe = "teal_probe"

// tableDiffers compares a table with its definition, which is tried out on a temporary table. What was added to the table
// since (columns, constraints) is no difference.
func (s *session) tableDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	name := quoted(createdIn(ctx, tx, st.Name))
	if why, err := kindDiffers(ctx, tx, name, "rp", "table"); why != "" || err != nil {
		return why, err
	}
	if st.PartitionOf.Name != "" {
		return partitionDiffers(ctx, tx, st, name)
	}
	have, err := columns(ctx, tx, name)
	if err != nil {
		return "", err
	}
	constraints, err := constraintsOf(ctx, tx, name)
	if err != nil {
		return "", err
	}
	var want []column
	var demanded []string
	ok, err := probing(ctx, tx, func(sub pgx.Tx) (err error) {
		definition, found := tail(st.SQL, "table")
		if !found {
			definition = "()"
		}
		if _, err = sub.Exec(ctx, "CREATE TEMP TABLE "+probe+definition); err != nil {
			return err
		}
		if want, err = columns(ctx, sub, "pg_temp."+probe); err != nil {
			return err
		}
		demanded, err = constraintsOf(ctx, sub, "pg_temp."+probe)
		return err
	})
	if err != nil {
		return "", err
	}
	if !ok { // a temporary table cannot refer to others
		return s.tableByModel(ctx, tx, st, name)
	}
	for _, c := range want {
		if why := columnDiffers(have, c); why != "" {
			return st.Name.String() + ": " + why, nil
		}
	}
	for _, c := range demanded {
		if !slices.Contains(constraints, c) {
			return st.Name.String() + " has no constraint " + c, nil
		}
	}
	return "", nil
}

func kindDiffers(ctx context.Context, tx pgx.Tx, name, kinds, what string) (string, error) {
	var kind string
	if err := tx.QueryRow(ctx, `SELECT coalesce((SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)), '')`, name).Scan(&kind); err != nil {
		return "", err
	}
	if kind == "" || !strings.Contains(kinds, kind) {
		return name + " is not a " + what, nil
	}
	return "", nil
}

// constraintsOf lists what a table's constraints demand, as the server says it. NOT NULL is a matter of the columns.
func constraintsOf(ctx context.Context, tx pgx.Tx, table string) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype NOT IN ('n', 't')`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// partitionDiffers compares the parent and the bounds of a partition. The bounds are spelt by a temporary partition.
func partitionDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement, name string) (string, error) {
	var bound, key string
	rows, err := tx.Query(ctx, `SELECT coalesce(pg_get_expr(c.relpartbound, c.oid), ''), coalesce(pg_get_partkeydef(i.inhparent), '') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhrelid = to_regclass($1) AND i.inhparent = to_regclass($2)`, name, quoted(st.PartitionOf))
	if err != nil {
		return "", err
	}
	if _, err := pgx.ForEachRow(rows, []any{&bound, &key}, func() error { return nil }); err != nil {
		return "", err
	}
	if bound == "" {
		return name + " is not a partition of " + st.PartitionOf.String(), nil
	}
	wanted, ok := tail(st.SQL, "of")
	if !ok {
		return "", nil
	}
	var want string
	ok, err = probing(ctx, tx, func(sub pgx.Tx) error {
		for _, sql := range []string{"CREATE TEMP TABLE teal_parent (LIKE " + quoted(st.PartitionOf) + ") PARTITION BY " + key, "CREATE TEMP TABLE " + probe + " PARTITION OF teal_parent " + wanted} {
			if _, err := sub.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return sub.QueryRow(ctx, `SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'pg_temp.`+probe+`'::regclass`).Scan(&want)
	})
	if err == nil && ok && want != bound {
		return fmt.Sprintf("partition %s is %s, not %s", name, bound, want), nil
	}
	return "", err
}

// tableByModel compares what our own reading of the definition says.
func (s *session) tableByModel(ctx context.Context, tx pgx.Tx, st statement.Statement, name string) (string, error) {
	keys := map[string]bool{}
	for _, k := range st.Constraints {
		for _, c := range k.Columns {
			keys[c] = keys[c] || k.Kind == statement.PrimaryKey
		}
	}
	for _, c := range st.Definition {
		c.NotNull = c.NotNull || keys[c.Name]
		if why, err := s.columnByModel(ctx, tx, name, c); why != "" || err != nil {
			return why, err
		}
	}
	for _, k := range st.Constraints {
		if len(k.Columns) == 0 {
			continue
		}
		if why, err := constraintMissing(ctx, tx, name, k); why != "" || err != nil {
			return why, err
		}
	}
	return "", nil
}

// constraintMissing looks for a constraint on the same columns.
func constraintMissing(ctx context.Context, tx pgx.Tx, table string, k statement.Constraint) (string, error) {
	letters := map[statement.ConstraintKind]string{statement.PrimaryKey: "p", statement.UniqueKey: "u", statement.ForeignKey: "f", statement.Check: "c"}
	letter, ok := letters[k.Kind]
	if !ok {
		return "", nil
	}
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_constraint c WHERE conrelid = to_regclass($1) AND contype = $2 AND ($4 = '' OR confrelid = to_regclass(nullif($4, '')))
		AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)) = (SELECT array_agg(n ORDER BY n) FROM unnest($3::text[]) n))`,
		table, letter, k.Columns, referenced(k)).Scan(&there)
	if err != nil || there {
		return "", err
	}
	return fmt.Sprintf("%s has no %s on %v", table, strings.ReplaceAll(string(k.Kind), "_", " "), k.Columns), nil
}

func referenced(k statement.Constraint) string {
	if k.References.Name == "" {
		return ""
	}
	return quoted(k.References)
}

// columnsDiffer compares the columns that an ADD COLUMN IF NOT EXISTS skipped.
func (s *session) columnsDiffer(ctx context.Context, tx pgx.Tx, st statement.Statement, skipped []string) (string, error) {
	for _, c := range st.Commands {
		if c.Kind != statement.AddColumn || c.Column == nil || !slices.Contains(skipped, c.Column.Name) {
			continue
		}
		if why, err := s.columnByModel(ctx, tx, quoted(st.Name), *c.Column); why != "" || err != nil {
			return why, err
		}
		for _, k := range c.Column.Constraints {
			k.Columns = []string{c.Column.Name}
			if k.Kind == statement.Check && len(k.Reads) > 0 {
				k.Columns = k.Reads
			}
			if why, err := constraintMissing(ctx, tx, quoted(st.Name), k); why != "" || err != nil {
				return why, err
			}
		}
	}
	return "", nil
}

// columnByModel compares a column with our own reading of its definition; type and default are spelt by the server.
func (s *session) columnByModel(ctx context.Context, tx pgx.Tx, table string, c statement.Column) (string, error) {
	have, err := columns(ctx, tx, table)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(have, func(h column) bool { return h.Name == c.Name })
	if i < 0 {
		return table + ": column " + c.Name + " is missing", nil
	}
	want := have[i] // what cannot be known counts as it is
	typeName, value, err := s.spelt(ctx, tx, c)
	if err != nil {
		return "", err
	}
	if typeName != "" {
		want.Type = typeName
	}
	want.NotNull = c.NotNull || c.Has(statement.PrimaryKey) || c.Serial() || c.Identity != ""
	want.Identity = map[string]string{"always": "a", "by default": "d"}[c.Identity]
	want.Generated = map[bool]string{true: "s"}[c.Generated]
	switch {
	case c.Generated, c.Serial():
	case c.Default == nil || c.Default.Null:
		want.Default = ""
	case value != "":
		want.Default = value
	case want.Default == "":
		want.Default = "another"
	}
	if why := columnDiffers(have, want); why != "" {
		return table + ": " + why, nil
	}
	return "", nil
}

// spelt asks the server how it spells a column's type and default; "" = it cannot be known.
func (s *session) spelt(ctx context.Context, tx pgx.Tx, c statement.Column) (typeName, value string, err error) {
	t := c.Type
	integers := map[string]string{"serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2", "serial2": "int2"}
	if plain, ok := integers[t.Name]; ok {
		t = statement.Type{Name: plain}
	}
	if t.Name == "interval" && len(t.Mods) > 0 {
		return "", "", nil // its modifier is not spelt as it is stored
	}
	definition := quoted(statement.Name{Schema: t.Schema, Name: t.Name}) + statement.Type{Mods: t.Mods, Array: t.Array}.String()
	ask := func(definition string) ([]column, error) {
		var got []column
		_, err := probing(ctx, tx, func(sub pgx.Tx) (err error) {
			if _, err = sub.Exec(ctx, "CREATE TEMP TABLE "+probe+" (c "+definition+")"); err == nil {
				got, err = columns(ctx, sub, "pg_temp."+probe)
			}
			return err
		})
		return got, err
	}
	if c.Default != nil && c.Default.SQL != "" {
		if got, err := ask(definition + " DEFAULT (" + c.Default.SQL + ")"); err != nil || len(got) == 1 {
			if err != nil {
				return "", "", err
			}
			return got[0].Type, got[0].Default, nil
		}
	}
	got, err := ask(definition)
	if err != nil || len(got) != 1 {
		return "", "", err
	}
	return got[0].Type, "", nil
}
