package policies

import (
	"errors"
	"slices"

	"teal.dev/teal/migrate/statement"
)

// alterTable takes an ALTER TABLE apart, command by command. One of which nothing moves stays whole.
func (x *fixer) alterTable(s *statement.Statement, i int) ([]piece, error) {
	each, ok := statement.SpellCommands(s)
	if !ok {
		return nil, errors.New("teal cannot write the commands of this ALTER TABLE one by one: make a statement of each")
	}
	var out []piece
	moved := false
	for k := range s.Commands {
		sub := Subject{Statement: s, Command: &s.Commands[k], World: x.world, File: x.all, Index: i}
		found := x.book.judgeOne(&sub)
		pieces, err := x.command(&sub, found, each[k])
		if err != nil {
			return nil, err
		}
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

// command rewrites one command, or returns nil to leave it as it is; sql is the command as a statement of its own.
func (x *fixer) command(s *Subject, found []Finding, text string) ([]piece, error) {
	w := wordsOf(s)
	sql := func(text string) piece { return piece{sql: w.sql(text)} }
	alone := func(text string) piece { return piece{sql: w.sql(text), alone: true} }
	switch {
	case spoke(found, addCheck().ID, addForeignKey().ID) && w.check != "":
		return []piece{sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID"), alone("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")}, nil
	case spoke(found, addUnique().ID) && w.check == "UNIQUE ("+w.sql("{columns}")+")":
		return []piece{alone("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns})"),
			sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint}")}, nil
	case spoke(found, addUnique().ID) && w.check == "PRIMARY KEY ("+w.sql("{columns}")+")" && missingNotNull(s, w) == "" && !s.World.family(s.Name):
		return []piece{alone("CREATE UNIQUE INDEX CONCURRENTLY {constraint} ON {table} ({columns})"),
			sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} PRIMARY KEY USING INDEX {constraint}")}, nil
	case spoke(found, setNotNull().ID) && !s.World.refusesNull(s.Name, s.Command.Name):
		w.constraint = x.free(s.Name, s.Name.Name+"_"+s.Command.Name+"_nn")
		return late(notNull(w)), nil
	case spoke(found, addColumnNotNull().ID, addColumnVolatileDefault().ID, addColumnCheck().ID, addColumnReferences().ID, addColumnUnique().ID):
		return x.addColumn(s, w)
	case spoke(found, renameColumn().ID) && never(found):
		return x.renameColumn(s)
	case spoke(found, alterTypeRewrite().ID, alterTypeUsing().ID) && never(found):
		return x.retype(s, text)
	}
	return nil, nil
}

func never(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Compatibility == Never })
}

// notNull proves a column by a check of the given name first and demands it then.
func notNull(w *words) []piece {
	return []piece{{sql: w.sql("ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID")},
		{sql: w.sql("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}"), alone: true},
		{sql: w.sql("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")},
		{sql: w.sql("ALTER TABLE {table} DROP CONSTRAINT {constraint}")}}
}

// late makes contracts of pieces.
func late(pieces []piece) []piece {
	for i := range pieces {
		pieces[i].late = true
	}
	return pieces
}
