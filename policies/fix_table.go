package policies

import (
	"errors"
	"fmt"

	"teal.dev/teal/migrate/statement"
)

// renameTable keeps the old name alive: a view of it, made in the same transaction, through which the old version reads and
// writes. What was granted on the table is granted on the view.
func (x *fixer) renameTable(s *statement.Statement) ([]piece, error) {
	to := statement.Name{Schema: s.Name.Schema, Name: s.NewName}
	if s.Kind == statement.MoveTable {
		to = statement.Name{Schema: s.NewSchema, Name: s.Name.Name}
	}
	p := x.album.table(s.Name)
	switch {
	case x.phase == PhaseContract:
		return nil, errors.New("in a contract file it is too late for a name that the new version starts with: take -- teal:contract out of the first line, or move the file to expand/, and run --fix again")
	case !p.made:
		return nil, fmt.Errorf("teal has not seen the CREATE TABLE of %s, so it does not know whether it is a table, and who may use it: keep the file that makes it in the folder, or read the database with --against", s.Name)
	case p.guarded:
		return nil, fmt.Errorf("%s has row security, and a view reads with its owner's rights: from PostgreSQL 15 on, write the view by hand WITH (security_invoker = true)", s.Name)
	}
	if err := x.awaited(s, to); err != nil {
		return nil, err
	}
	table := []statement.Name{s.Name}
	view, target := nameList(table, quote), nameList([]statement.Name{to}, quote)
	if err := plainName(view, target); err != nil {
		return nil, err
	}
	out := []piece{{sql: s.SQL, note: []string{"The old version goes on through a view of the old name. COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, GROUP BY the primary key and new",
		"foreign keys do not work through it, and a role needs its rights on the view: those that GRANTs in the migrations gave are given again."}},
		{sql: "CREATE VIEW " + view + " AS SELECT * FROM " + target}}
	for _, g := range p.grants {
		if len(g.Names) != 1 || fold(g.Names[0]) != fold(s.Name) {
			return nil, fmt.Errorf("this gave rights on %s and on others or under another name, and the view needs them too: %s%s", s.Name, firstLine(g.SQL), byHand)
		}
		out = append(out, piece{sql: g.SQL})
	}
	return append(out, piece{sql: "DROP VIEW " + view, late: true}), nil
}
