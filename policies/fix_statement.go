package policies

import (
	"fmt"
	"regexp"
	"slices"

	"teal.dev/teal/migrate/statement"
)

// fixer takes one refused file apart.
type fixer struct {
	in    *Input
	file  string
	phase Phase
	world *World // before the statement at hand
	album *album // and what it does not know
	book  *book
	all   []statement.Statement
	given map[string]bool // names that the split gives
}

// pieces are the statements of the split, in order.
func (x *fixer) pieces(parsed *statement.File) ([]piece, error) {
	x.learn()
	x.all = parsed.Statements
	resolveNames(x.all)
	var out []piece
	for i := range parsed.Statements {
		s := &parsed.Statements[i]
		more, err := x.statement(s, i)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", s.Line, err)
		}
		for k := range more {
			if more[k].s == nil {
				more[k].s = s
			}
			if was, ok := overtaken(out, &more[k]); ok {
				return nil, fmt.Errorf("line %d builds on the contract statement of line %d, which must run later: make a file of its own of it, for a later release", s.Line, was.Line)
			}
		}
		x.album.take(s)
		out = append(out, more...)
	}
	return out, nil
}

// learn brings the world to where the refused file begins.
func (x *fixer) learn() {
	c := newChecker(*x.in)
	x.album, x.given = newAlbum(), map[string]bool{}
	x.remember(c.in.Schema, x.album.take)
	for i := range c.in.Files {
		f := &c.in.Files[i]
		if f.Path == x.file {
			break
		}
		if !f.Applied && x.phase == PhaseExpand && PhaseOf(f.Path, f.Phase, f.Body) == PhaseContract {
			x.promised(f) // it runs after every expand file, whatever its number
			continue
		}
		if f.Applied && c.in.Schema != nil {
			x.remember(f.Body, x.album.besides)
			continue
		}
		c.file(f, read(f, c.in.Dialect))
		x.remember(f.Body, x.album.take)
	}
	c.world.track = inExpand
	if x.phase == PhaseContract {
		c.world.track = inContract
	}
	x.world, x.book = c.world, c.book
}

func (x *fixer) remember(body []byte, take func(*statement.Statement)) {
	parsed, err := statement.Parse(body, x.in.Dialect)
	if err != nil {
		return // then what it makes is not known, and what needs it is refused
	}
	resolveNames(parsed.Statements)
	for i := range parsed.Statements {
		take(&parsed.Statements[i])
	}
}

// overtaken says whether a piece that stays would run before a contract of an earlier statement on the same object.
func overtaken(before []piece, p *piece) (*statement.Statement, bool) {
	if p.late {
		return nil, false
	}
	for i := range before {
		b := before[i].s
		if !before[i].late || b == p.s {
			continue
		}
		for _, n := range p.s.Relations() {
			if slices.Contains(b.Relations(), n) && !independent(b, p.s) {
				return b, true
			}
		}
	}
	return nil, false
}

// independent says whether two statements on one table work on different parts of it.
func independent(a, b *statement.Statement) bool {
	if a.Kind != statement.AlterTable || b.Kind != statement.AlterTable {
		return false
	}
	for _, c := range a.Commands {
		for _, d := range b.Commands {
			if c.Name == d.Name || c.Name == "" || d.Name == "" {
				return false
			}
		}
	}
	return true
}

// statement takes one statement apart.
func (x *fixer) statement(s *statement.Statement, i int) ([]piece, error) {
	if s.Kind == statement.AlterTable && len(s.Commands) > 0 {
		return x.alterTable(s, i)
	}
	found := x.book.judge(Subject{Statement: s, World: x.world, File: x.all, Index: i})
	x.world.learn(s)
	keep := piece{sql: s.SQL, alone: !s.Transactional(), data: s.IsData(), late: x.phase == PhaseExpand && contracts(found)}
	switch s.Kind {
	case statement.Begin, statement.Commit:
		return nil, nil // teal makes the transaction
	case statement.Set:
		if sub := (&Subject{Statement: s}); isLockTimeout(sub) || isTimeout(sub) {
			return nil, nil // teal sets its own
		}
		return nil, fmt.Errorf("SET %s changes what the statements behind it mean: leave it out, or write the split by hand", s.Detail)
	case statement.CreateIndex:
		if spoke(found, createIndex().ID, createUniqueIndex().ID, createIndexExpression().ID) && !s.Concurrently {
			keep.sql, keep.alone = concurrently(s.SQL), true
		}
		if keep.alone && s.Name.Name == "" {
			keep.sql = withName(keep.sql, x.indexName(s))
		}
	case statement.Reindex:
		if spoke(found, reindex().ID) {
			keep.sql, keep.alone = insertAfter(s.SQL, `(?i)^\s*REINDEX\s+(\([^)]*\)\s*)?(INDEX|TABLE|SCHEMA|DATABASE)`, " CONCURRENTLY"), true
		}
	case statement.DropIndex:
		if spoke(found, dropIndex().ID, dropUniqueIndex().ID) {
			return dropIndexes(s, keep.late), nil
		}
	case statement.RenameTable, statement.MoveTable:
		if spoke(found, renameTable().ID) {
			return x.renameTable(s)
		}
	}
	return []piece{keep}, nil
}

func dropIndexes(s *statement.Statement, late bool) []piece {
	var out []piece
	for _, n := range s.Names {
		sql := "DROP INDEX CONCURRENTLY "
		if s.IfExists {
			sql += "IF EXISTS "
		}
		out = append(out, piece{sql: sql + nameList([]statement.Name{n}, quote), late: late, alone: true})
	}
	return out
}

// insertAfter writes more words behind those that begin a statement.
func insertAfter(sql, words, more string) string {
	at := regexp.MustCompile(words).FindStringIndex(sql)
	if at == nil {
		return sql // the proof will refuse it
	}
	return sql[:at[1]] + more + sql[at[1]:]
}

func contracts(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Compatibility == Contract })
}

func spoke(found []Finding, rules ...string) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return slices.Contains(rules, f.Rule) })
}
