package oracle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Answer is all that a statement tells the application, and what it leaves behind.
type Answer struct {
	Columns string // names and types
	Rows    []string
	Tag     string
	Error   string            // SQLSTATE, and the constraint's name that drivers hand on
	Commit  string            // the error that only COMMIT would have brought
	State   map[string]string // by table.column, after a write
}

// Difference says how an answer differs from the one before the migration; empty when the application notices nothing.
func Difference(before, after Answer) string {
	switch {
	case refused(before) && refused(after) && before.Error[:5] != after.Error[:5]:
		return "" // refused for another reason, and still refused
	case before.Error != after.Error:
		return or(after.Error, "no error, where there was "+before.Error)
	case before.Commit != after.Commit:
		return "at COMMIT: " + or(after.Commit, "no error, where there was "+before.Commit)
	case before.Columns != after.Columns:
		return "other columns: " + after.Columns
	case !slices.Equal(before.Rows, after.Rows):
		return fmt.Sprintf("other rows: %s", excerpt(before.Rows, after.Rows))
	case before.Tag != after.Tag:
		return after.Tag + ", where it was " + before.Tag
	}
	var differ []string
	for at, hash := range after.State {
		if was, ok := before.State[at]; ok && was != hash {
			differ = append(differ, at)
		}
	}
	slices.Sort(differ)
	if len(differ) > 0 {
		return "stores other values in " + strings.Join(differ, ", ")
	}
	return ""
}

// refused says whether a constraint refused a write.
func refused(a Answer) bool { return len(a.Error) >= 5 && strings.HasPrefix(a.Error, "23") }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func excerpt(before, after []string) string {
	for _, row := range after {
		if !slices.Contains(before, row) {
			return fmt.Sprintf("%d, one of them new: %s", len(after), row)
		}
	}
	return fmt.Sprintf("%d, where there were %d", len(after), len(before))
}

func fault(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return fmt.Sprint(err)
	}
	if pg.ConstraintName != "" {
		return pg.Code + " " + pg.ConstraintName
	}
	return pg.Code
}

// take turns a result into an answer. Rows come without an order unless the statement asks for one.
func (a *Answer) take(r *pgconn.ResultReader, sql string) {
	for r.NextRow() {
		row := r.Values()
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = string(cell)
			if cell == nil {
				cells[i] = "NULL"
			}
		}
		a.Rows = append(a.Rows, strings.Join(cells, "|"))
	}
	var columns []string
	for _, f := range r.FieldDescriptions() { // of an answer without rows, too
		columns = append(columns, f.Name+" "+typeName(f))
	}
	tag, err := r.Close()
	if err != nil {
		*a = Answer{Error: fault(err)}
		return
	}
	a.Columns, a.Tag = strings.Join(columns, ", "), tag.String()
	if !strings.Contains(strings.ToUpper(sql), "ORDER BY") {
		slices.Sort(a.Rows)
	}
}

// ask runs a statement in a transaction of its own that is rolled back, and says what the application saw.
func (o Old) ask(ctx context.Context, c *pgconn.PgConn, mode Mode, name, state string) (Answer, error) {
	begin, end := "BEGIN", "ROLLBACK"
	switch mode {
	case Snapshot:
		begin, end = "SAVEPOINT one", "ROLLBACK TO SAVEPOINT one"
	case During:
		begin = "BEGIN; SET LOCAL lock_timeout = '50ms'"
	}
	if err := exec(ctx, c, begin); err != nil {
		return Answer{}, err
	}
	var a Answer
	is, in := o.copies()
	switch {
	case is:
		o.copy(ctx, c, in, &a)
	case mode == Prepared:
		a.take(c.ExecPrepared(ctx, name, nil, nil, nil), o.SQL)
	default:
		a.take(c.ExecParams(ctx, o.SQL, nil, nil, nil, nil), o.SQL)
	}
	if a.Error == "" && !o.reads() && mode != Snapshot {
		if err := exec(ctx, c, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
			a.Commit = fault(err)
		} else {
			a.State = states(ctx, c, state)
		}
	}
	return a, exec(ctx, c, end)
}

// typeName is a type as a driver knows it. A user's type has another number in every database.
func typeName(f pgconn.FieldDescription) string {
	if f.DataTypeOID >= 16384 {
		return "of a user's type"
	}
	return fmt.Sprintf("%d(%d)", f.DataTypeOID, f.TypeModifier)
}

func (o Old) copy(ctx context.Context, c *pgconn.PgConn, in bool, a *Answer) {
	var tag pgconn.CommandTag
	var err error
	var out strings.Builder
	if in {
		tag, err = c.CopyFrom(ctx, strings.NewReader(o.Data), o.SQL)
	} else {
		tag, err = c.CopyTo(ctx, &out, o.SQL)
	}
	if err != nil {
		a.Error = fault(err)
		return
	}
	a.Tag, a.Rows = tag.String(), strings.Split(out.String(), "\n")
	slices.Sort(a.Rows)
}

// states are the hashes of the columns as a write left them: what the application would find afterwards.
func states(ctx context.Context, c *pgconn.PgConn, query string) map[string]string {
	out := map[string]string{}
	if query == "" {
		return out
	}
	r := c.ExecParams(ctx, query, nil, nil, nil, nil).Read()
	if r.Err != nil {
		out["(reading what was stored)"] = fault(r.Err)
		return out
	}
	for _, row := range r.Rows {
		name, hash, _ := strings.Cut(string(row[0]), "=")
		out[name] = hash
	}
	return out
}

func exec(ctx context.Context, c *pgconn.PgConn, sql string) error {
	_, err := c.Exec(ctx, sql).ReadAll()
	return err
}
