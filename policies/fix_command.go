package policies

import (
	"errors"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// alterTable takes an ALTER TABLE apart, command by command. One of which nothing moves stays whole.
func (x *fixer) alterTable(s *statement.Statement, i int) ([]piece, error) {
	each, ok := statement.SpellCommands(s)
	if !ok {
		return nil, errors.New("teal cannot write the commands of this ALTER TABLE one by one")
	}
	var out []piece
	moved := false
	for k := range s.Commands {
		sub := Subject{Statement: s, Command: &s.Commands[k], World: x.world, File: x.all, Index: i}
		found := x.book.judgeOne(&sub)
		pieces := x.command(&sub, found)
		if pieces == nil {
			pieces = []piece{{sql: each[k], alone: !s.Transactional(), late: x.phase == PhaseExpand && contracts(found)}}
			moved = moved || pieces[0].late
		} else {
			moved = true
		}
		if s.Commands[k].Kind == statement.ValidateConstraint {
			pieces[0].alone, moved = true, true
		}
		out = append(out, pieces...)
		x.world.learnCommand(s, &s.Commands[k])
	}
	x.world.learn(s)
	if !moved {
		return []piece{{sql: s.SQL, alone: !s.Transactional()}}, nil
	}
	return out, nil
}

// command rewrites one command, or returns nil to leave it as it is.
func (x *fixer) command(s *Subject, found []Finding) []piece {
	w := wordsOf(s)
	sql := func(text string) piece { return piece{sql: w.sql(text)} }
	alone := func(text string) piece { return piece{sql: w.sql(text), alone: true} }
	switch {
	case spoke(found, addCheck().ID, addForeignKey().ID) && w.check != "":
		return []piece{sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID"), alone("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")}
	case spoke(found, addUnique().ID) && w.check == "UNIQUE ("+w.sql("{columns}")+")":
		return []piece{alone("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns})"),
			sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}")}
	case spoke(found, setNotNull().ID) && !s.World.refusesNull(s.Name, s.Command.Name):
		return late(notNull(w))
	case spoke(found, addColumnVolatileDefault().ID, addColumnCheck().ID, addColumnReferences().ID, addColumnUnique().ID):
		return x.addColumn(s, w)
	}
	return nil
}

// notNull proves a column first and demands it then.
func notNull(w *words) []piece {
	return []piece{{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_nn CHECK ({column} IS NOT NULL) NOT VALID")},
		{sql: w.sql("ALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_nn"), alone: true},
		{sql: w.sql("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")},
		{sql: w.sql("ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_nn")}}
}

// late makes contracts of pieces.
func late(pieces []piece) []piece {
	for i := range pieces {
		pieces[i].late = true
	}
	return pieces
}

// addColumn adds the plain column and then, one by one, what was written on it.
func (x *fixer) addColumn(s *Subject, w *words) []piece {
	c := s.Command.Column
	if c.Collation || c.Generated || c.Identity != "" || c.Serial() || s.Command.IfNotExists {
		return nil
	}
	volatile := c.Default != nil && c.Default.Volatility == statement.Volatile
	if c.Default != nil && c.Default.SQL == "" || c.NotNull && c.Default == nil {
		return nil
	}
	w.constraint = ""
	column := w.sql("ALTER TABLE {table} ADD COLUMN {column} {type}")
	var after []piece
	switch {
	case volatile:
		after = []piece{{sql: w.sql("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}")},
			{sql: w.sql("UPDATE {table} SET {column} = {default} WHERE {column} IS NULL"), data: true}}
	case c.Default != nil:
		column += " DEFAULT " + c.Default.SQL
		if c.NotNull {
			column += " NOT NULL"
		}
	}
	out := append([]piece{{sql: column}}, after...)
	for i := range c.Constraints {
		more := x.columnConstraint(s, w, &c.Constraints[i])
		if more == nil {
			return nil
		}
		out = append(out, more...)
	}
	if volatile && c.NotNull {
		out = append(out, late(notNull(w))...)
	}
	return out
}

func (x *fixer) columnConstraint(s *Subject, w *words, k *statement.Constraint) []piece {
	if k.SQL == "" {
		return nil
	}
	named := *k
	if named.Columns = []string{s.Command.Name}; named.Name == "" {
		named.Name = defaultConstraintName(s.Name.Name, named)
	}
	w.constraint, w.columns, w.check = named.Name, named.Columns, k.SQL
	switch k.Kind {
	case statement.Check, statement.ForeignKey:
		return []piece{{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID")},
			{sql: w.sql("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}"), alone: true}}
	case statement.UniqueKey:
		if strings.TrimSpace(k.SQL) != "UNIQUE" {
			return nil
		}
		return []piece{{sql: w.sql("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns})"), alone: true},
			{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}")}}
	}
	return nil
}
