package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// before lists what an IF NOT EXISTS of the statement will skip because it is there: the columns of an ALTER TABLE, or the
// one object of another statement.
func (r *run) before(ctx context.Context, tx pgx.Tx, st statement.Statement) ([]string, error) {
	switch {
	case st.Kind == statement.AlterTable:
		return present(ctx, tx, st)
	case !st.IfNotExists:
		return nil, nil
	case st.Kind == statement.CreateIndex, st.Kind == statement.AddEnumValue:
		return []string{st.Name.Name}, nil // looked for where it is compared: its schema, its type are not in the name
	}
	var there bool
	var err error
	switch st.Kind {
	case statement.CreateTable, statement.CreateTableAs, statement.CreateMatView, statement.CreateSequence:
		err = tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, quoted(createdIn(ctx, tx, st.Name))).Scan(&there)
	case statement.CreateExtension:
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)`, st.Name.Name).Scan(&there)
	} // a schema is its name; statistics only advise the planner
	if err != nil || !there {
		return nil, err
	}
	return []string{st.Name.Name}, nil
}

// createdIn completes a name with the schema in which CREATE would look: the first of the search path only.
func createdIn(ctx context.Context, tx pgx.Tx, n statement.Name) statement.Name {
	var schema *string
	if n.Schema != "" || tx.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema) != nil || schema == nil {
		return n
	}
	return statement.Name{Schema: *schema, Name: n.Name}
}

// present lists the columns of an ADD COLUMN IF NOT EXISTS that are there.
func present(ctx context.Context, tx pgx.Tx, st statement.Statement) ([]string, error) {
	var names []string
	for _, c := range st.Commands {
		if c.Kind == statement.AddColumn && c.IfNotExists && c.Column != nil {
			names = append(names, c.Column.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = ANY($2) AND attnum > 0 AND NOT attisdropped`, quoted(st.Name), names)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// after looks whether what an IF NOT EXISTS skipped is what it would have made.
func (r *run) after(ctx context.Context, tx pgx.Tx, f migrate.File, st statement.Statement, skipped []string) error {
	if len(skipped) == 0 {
		return nil
	}
	why := ""
	var err error
	switch st.Kind {
	case statement.AlterTable:
		why, err = r.s.columnsDiffer(ctx, tx, st, skipped)
	case statement.CreateTable:
		why, err = r.s.tableDiffers(ctx, tx, st)
	case statement.CreateIndex:
		_, why, err = r.s.indexDiffers(ctx, tx, st)
	case statement.CreateTableAs, statement.CreateMatView:
		why, err = r.s.queryDiffers(ctx, tx, st)
	case statement.CreateSequence:
		why, err = r.s.sequenceDiffers(ctx, tx, st)
	case statement.CreateExtension:
		why, err = r.s.extensionDiffers(ctx, tx, st)
	case statement.AddEnumValue:
		why, err = r.s.valueDiffers(ctx, tx, st)
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

// probing does something in a subtransaction that is rolled back, to see what the server makes of it. ok is false when the
// server would not: no right to temporary tables, or something that a temporary one cannot have.
func probing(ctx context.Context, tx pgx.Tx, do func(sub pgx.Tx) error) (ok bool, err error) {
	sub, err := tx.Begin(ctx)
	if err != nil {
		return false, err
	}
	err = do(sub)
	if back := sub.Rollback(ctx); back != nil {
		return false, back
	}
	if err != nil && sqlState(err) != "" && !isLockWait(err) && !isLost(err) {
		return false, nil
	}
	return err == nil, err
}

// column is what one can see of a column.
type column struct {
	Name, Type, Default, Identity, Generated, Collation string
	NotNull                                             bool
}

const columnsOf = `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS "default", attidentity::text AS identity,
	coalesce(to_jsonb(a)->>'attgenerated', '') AS generated, attcollation::text AS collation, attnotnull AS notnull
	FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`

func columns(ctx context.Context, q querier, table string) ([]column, error) {
	rows, err := q.Query(ctx, columnsOf, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[column])
}

// columnDiffers compares what is there with what is wanted.
func columnDiffers(have []column, want column) string {
	i := slices.IndexFunc(have, func(c column) bool { return c.Name == want.Name })
	if i < 0 {
		return "column " + want.Name + " is missing"
	}
	is := "column " + want.Name + " is "
	switch got := have[i]; {
	case got.Type != want.Type:
		return is + got.Type + ", not " + want.Type
	case got.NotNull != want.NotNull:
		return is + map[bool]string{true: "NOT NULL", false: "nullable"}[got.NotNull]
	case got.Identity != want.Identity:
		return is + "another kind of identity column"
	case got.Generated != want.Generated:
		return is + "generated in another way"
	case got.Collation != want.Collation:
		return is + "of another collation"
	case sequenced(got.Default) != sequenced(want.Default):
		return "column " + want.Name + " has the default " + orNone(got.Default) + ", not " + orNone(want.Default)
	}
	return ""
}

// sequenced makes the defaults of serial columns equal: each has a sequence of its own.
func sequenced(expression string) string {
	if len(expression) > 8 && expression[:8] == "nextval(" {
		return "nextval()"
	}
	return expression
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
