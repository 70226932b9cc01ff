package policies

import (
	"errors"
	"fmt"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// addColumn adds the plain column and then, one by one, what was written on it.
func (x *fixer) addColumn(s *Subject, w *words) ([]piece, error) {
	c := s.Command.Column
	if why := x.noColumn(s, c); why != "" {
		return nil, errors.New(why)
	}
	name := w.column
	w.constraint = ""
	column := w.sql("ALTER TABLE {table} ADD COLUMN {column} {type}")
	valued := c.Default != nil && !c.Default.Null
	volatile := valued && c.Default.Volatility == statement.Volatile
	var after []piece
	switch {
	case volatile:
		after = []piece{{sql: w.sql("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}")},
			{sql: w.sql("UPDATE {table} SET {column} = {default} WHERE {column} IS NULL"), data: true}}
	case valued:
		column += " DEFAULT " + c.Default.SQL
		if c.NotNull {
			column += " NOT NULL"
		}
	}
	out := append([]piece{{sql: column}}, after...)
	for i := range c.Constraints {
		more := x.columnConstraint(s, w, &c.Constraints[i])
		if more == nil {
			return nil, fmt.Errorf("teal cannot add %s to %s without a lock; add the column without it, and see teal explain for the constraint", or(c.Constraints[i].SQL), name)
		}
		out = append(out, more...)
	}
	if c.NotNull && (!valued || volatile) {
		w.constraint = x.free(s.Name, s.Name.Name+"_"+name+"_nn")
		proof := late(notNull(w))
		if !valued {
			out[0].note = []string{"The old version does not know " + name + " and leaves it NULL, and so do the rows that are there: the contract files demand it later."}
			proof[0].require = w.sql("SELECT NOT EXISTS (SELECT FROM {table} WHERE {column} IS NULL)")
			proof[0].note = []string{"Only you know what the rows that have no " + name + " get. Give it before the contract runs; else the app is held (require_failed) until they have it and teal resume is said:",
				w.sql("UPDATE {table} SET {column} = … WHERE {column} IS NULL;")}
		}
		out = append(out, proof...)
	}
	return out, nil
}

// noColumn says why a column cannot be taken apart.
func (x *fixer) noColumn(s *Subject, c *statement.Column) string {
	bare := c.NotNull && (c.Default == nil || c.Default.Null)
	switch {
	case plainName(s.Name.Schema, s.Name.Name, c.Name) != nil:
		return plainName(s.Name.Schema, s.Name.Name, c.Name).Error()
	case c.Has(statement.PrimaryKey):
		return "a primary key needs a value in every row that is there: add the column without it, fill it, and make the key from a unique index in a contract file"
	case c.Collation:
		return "teal does not copy the collation of " + c.Name + byHand
	case c.Generated || c.Identity != "" || c.Serial():
		return "the value of " + c.Name + " is computed for every row that is there: add a plain column, let its default or a trigger fill it, and backfill" + byHand
	case s.Command.IfNotExists:
		return "ADD COLUMN IF NOT EXISTS may find another " + c.Name + " there: leave IF NOT EXISTS out"
	case c.Default != nil && !c.Default.Null && c.Default.SQL == "":
		return "teal cannot write the default of " + c.Name + byHand
	case bare && x.phase == PhaseContract:
		return "in a contract file it is too late for a column that the new version starts with: take -- teal:contract out of the first line, or move the file to expand/, and run --fix again"
	}
	return ""
}

func (x *fixer) columnConstraint(s *Subject, w *words, k *statement.Constraint) []piece {
	if k.SQL == "" {
		return nil
	}
	named := *k
	if named.Columns = []string{s.Command.Name}; named.Name == "" {
		named.Name = x.free(s.Name, defaultConstraintName(s.Name.Name, &named, ""))
	}
	w.constraint, w.columns, w.check = named.Name, named.Columns, k.SQL
	return constrain(w, &named)
}

// constrain adds a constraint in the steps that let others work; nil where there are none.
func constrain(w *words, k *statement.Constraint) []piece {
	switch k.Kind {
	case statement.Check, statement.ForeignKey:
		return []piece{{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID")},
			{sql: w.sql("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}"), alone: true}}
	case statement.UniqueKey:
		if text := strings.TrimSpace(k.SQL); text != "UNIQUE" && text != "UNIQUE ("+quoteAll(k.Columns)+")" {
			return nil
		}
		return []piece{{sql: w.sql("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns})"), alone: true},
			{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}")}}
	}
	return nil
}
