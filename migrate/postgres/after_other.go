package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate/statement"
)

// indexFacts is everything about an index that a definition decides, in the server's words.
const indexFacts = `SELECT concat_ws(' | ', am.amname, i.indisunique, to_jsonb(i)->>'indnullsnotdistinct', i.indnkeyatts,
	(SELECT string_agg(pg_get_indexdef(i.indexrelid, k, true), ', ' ORDER BY k) FROM generate_series(1, i.indnatts) k),
	i.indclass::text, i.indcollation::text, i.indoption::text, pg_get_expr(i.indpred, i.indrelid, true)), regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '')
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam WHERE `

// indexDiffers compares an index with its definition, which is tried out on an empty copy of the table. found says whether
// there is one of that name.
func (s *session) indexDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (found bool, why string, err error) {
	name := st.Name
	if name.Schema == "" {
		name.Schema = st.Table.Schema
	}
	var table, valid, unique, partial, computed bool
	var keys []string
	var index uint32
	rows, err := tx.Query(ctx, `SELECT i.indexrelid, i.indrelid = to_regclass($2), i.indisvalid, i.indisunique, i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
		coalesce((SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(num, n)
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= i.indnkeyatts), '{}')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = to_regclass($2) AND t.relnamespace = c.relnamespace
		WHERE c.relname = $1`, name.Name, quoted(st.Table))
	if err != nil {
		return false, "", err
	}
	_, err = pgx.ForEachRow(rows, []any{&index, &table, &valid, &unique, &partial, &computed, &keys}, func() error { found = true; return nil })
	if err != nil || !found {
		return false, "index " + name.String() + " is missing", err
	}
	switch {
	case !table:
		return true, "index " + name.String() + " belongs to another table", nil
	case !valid:
		return true, "index " + name.String() + " is invalid (a broken CONCURRENTLY left it)", nil
	}
	why, known, err := indexDefinition(ctx, tx, st, index)
	if known || err != nil {
		return true, why, err
	}
	switch {
	case unique != st.Unique || partial != st.Partial || computed != st.Expressions:
		why = "index " + name.String() + " has another definition"
	case !st.Expressions && len(st.Columns) == len(keys) && !slices.Equal(st.Columns, keys):
		why = fmt.Sprintf("index %s is on %v, not on %v", name, keys, st.Columns)
	}
	return true, why, nil
}

// indexDefinition compares an index with one that the definition makes on an empty copy of its table.
func indexDefinition(ctx context.Context, tx pgx.Tx, st statement.Statement, index uint32) (why string, known bool, err error) {
	definition, ok := tail(st.SQL, "on")
	if !ok {
		return "", false, nil
	}
	unique := map[bool]string{true: "UNIQUE "}[st.Unique]
	var have, want, haveText, wantText string
	known, err = probing(ctx, tx, func(sub pgx.Tx) error {
		if _, err := sub.Exec(ctx, "CREATE TEMP TABLE "+probe+" (LIKE "+quoted(st.Table)+")"); err != nil {
			return err
		}
		if _, err := sub.Exec(ctx, "CREATE "+unique+"INDEX ON pg_temp."+probe+" "+definition); err != nil {
			return err
		}
		if err := sub.QueryRow(ctx, indexFacts+`i.indexrelid = $1`, index).Scan(&have, &haveText); err != nil {
			return err
		}
		return sub.QueryRow(ctx, indexFacts+`i.indrelid = 'pg_temp.`+probe+`'::regclass`).Scan(&want, &wantText)
	})
	if known && have != want {
		why = fmt.Sprintf("index %s is %s, not %s", st.Name, haveText, wantText)
	}
	return why, known, err
}

// queryDiffers compares a table or materialized view with what its query would have made.
func (s *session) queryDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	name, word, kinds, what := quoted(createdIn(ctx, tx, st.Name)), "table", "rp", "table"
	if st.Kind == statement.CreateMatView {
		word, kinds, what = "view", "m", "materialized view"
	}
	if why, err := kindDiffers(ctx, tx, name, kinds, what); why != "" || err != nil {
		return why, err
	}
	rest, ok := tail(st.SQL, word)
	names, ask, plain := query(rest)
	if !ok || !plain {
		return "", nil
	}
	have, err := columns(ctx, tx, name)
	if err != nil {
		return "", err
	}
	var want []column
	same := true
	_, err = probing(ctx, tx, func(sub pgx.Tx) (err error) {
		if _, err = sub.Exec(ctx, "CREATE TEMP VIEW "+probe+names+" AS "+ask); err != nil {
			return err
		}
		if want, err = columns(ctx, sub, "pg_temp."+probe); err != nil || word != "view" {
			return err
		}
		return sub.QueryRow(ctx, `SELECT pg_get_viewdef(to_regclass($1)) = pg_get_viewdef('pg_temp.`+probe+`'::regclass)`, name).Scan(&same)
	})
	if err != nil {
		return "", err
	}
	for _, c := range want {
		if i := slices.IndexFunc(have, func(h column) bool { return h.Name == c.Name }); i >= 0 {
			c.NotNull, c.Default, c.Identity, c.Generated = have[i].NotNull, have[i].Default, have[i].Identity, have[i].Generated // a query decides names and types only
		}
		if why := columnDiffers(have, c); why != "" {
			return name + ": " + why, nil
		}
	}
	if !same {
		return "the materialized view " + name + " has another query", nil
	}
	return "", nil
}

// sequenceDiffers compares a sequence with one made by the same words.
func (s *session) sequenceDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	name := quoted(createdIn(ctx, tx, st.Name))
	if why, err := kindDiffers(ctx, tx, name, "S", "sequence"); why != "" || err != nil {
		return why, err
	}
	rest, _ := tail(st.SQL, "sequence")
	const facts = `SELECT format_type(seqtypid, -1) || ' ' || concat_ws(' ', 'START', seqstart, 'INCREMENT', seqincrement, 'MINVALUE', seqmin, 'MAXVALUE', seqmax, 'CYCLE', seqcycle) FROM pg_sequence WHERE seqrelid = to_regclass($1)`
	var have, want string
	ok, err := probing(ctx, tx, func(sub pgx.Tx) error {
		if _, err := sub.Exec(ctx, "CREATE TEMP SEQUENCE "+probe+" "+rest); err != nil {
			return err
		}
		if err := sub.QueryRow(ctx, facts, name).Scan(&have); err != nil {
			return err
		}
		return sub.QueryRow(ctx, facts, "pg_temp."+probe).Scan(&want)
	})
	if ok && have != want {
		return "sequence " + name + " is " + have + ", not " + want, nil
	}
	return "", err
}

// extensionDiffers compares the version and the schema of an extension where the statement names them.
func (s *session) extensionDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	var version, schema string
	err := tx.QueryRow(ctx, `SELECT extversion, nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = $1`, st.Name.Name).Scan(&version, &schema)
	if err != nil {
		return "", err
	}
	for word, have := range map[string]string{"version": version, "schema": schema} {
		if want, ok := follows(st.SQL, word); ok && want.value() != have {
			return fmt.Sprintf("extension %s has the %s %s, not %s", st.Name.Name, word, have, want.value()), nil
		}
	}
	return "", nil
}

// valueDiffers looks whether a value of an enum stands where the statement wants it.
func (s *session) valueDiffers(ctx context.Context, tx pgx.Tx, st statement.Statement) (string, error) {
	all := tokens(st.SQL)
	if len(all) < 2 {
		return "", nil
	}
	word, neighbour := all[len(all)-2], all[len(all)-1].value()
	order, ok := map[string]string{"before": "<", "after": ">"}[word.text]
	if !ok || word.kind != 'w' {
		return "", nil
	}
	var right bool
	err := tx.QueryRow(ctx, `SELECT coalesce((SELECT v.enumsortorder `+order+` n.enumsortorder FROM pg_enum v JOIN pg_enum n USING (enumtypid)
		WHERE v.enumtypid = to_regtype($1) AND v.enumlabel = $2 AND n.enumlabel = $3), false)`, quoted(st.Name), st.Detail, neighbour).Scan(&right)
	if err == nil && !right {
		return fmt.Sprintf("the value %s of %s does not stand %s %s", st.Detail, st.Name, word.text, neighbour), nil
	}
	return "", err
}
