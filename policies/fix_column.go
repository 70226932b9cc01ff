package policies

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// sitter is a column that a split builds again under another name, with what is built on it.
type sitter struct {
	column      statement.Column
	typ         string // as SQL
	indexes     []*statement.Statement
	constraints []statement.Constraint
	comment     bool
}

// sit looks at a column. An error says what of it is not known, or cannot be built again by writing it down once more, and what
// a person does about that.
func (a *album) sit(table statement.Name, column string) (*sitter, error) {
	p := a.table(table)
	if !p.made {
		return nil, fmt.Errorf("teal has not seen the CREATE TABLE of %s, so it does not know the type of %s and what is built on it: keep the file that makes the table in the folder, or read the database with --against", table, column)
	}
	if p.why != "" {
		return nil, fmt.Errorf("%s is no plain table: %s%s", table, p.why, byHand)
	}
	c, ok := p.columns[column]
	if !ok {
		return nil, fmt.Errorf("no file that teal has seen makes the column %s of %s: keep the one that does in the folder, or read the database with --against", column, table)
	}
	out := &sitter{column: c}
	if err := out.simple(p); err != nil {
		return nil, err
	}
	if err := a.used(table, p, column); err != nil {
		return nil, err
	}
	if err := a.watched(p, column); err != nil {
		return nil, err
	}
	out.comment = slices.ContainsFunc(p.others, func(s *statement.Statement) bool { return commentOn(s, column) })
	return out, nil
}

// byHand ends a refusal for which teal has no better advice.
const byHand = "; write the split by hand, as teal explain shows it"

// simple says whether the column's own definition can be written again.
func (out *sitter) simple(p *portrait) error {
	c := out.column
	var ok bool
	switch out.typ, ok = writable(c.Type); {
	case !ok:
		return fmt.Errorf("teal cannot write the type %s of %s%s", c.Type, c.Name, byHand)
	case c.Generated:
		return fmt.Errorf("%s is generated, so nobody writes it: add a generated column of the new name beside it and drop the old one in a contract file", c.Name)
	case c.Identity != "" || c.Serial():
		return fmt.Errorf("%s takes its values from a sequence that goes away with it: give the new column a sequence of its own%s", c.Name, byHand)
	case c.Collation:
		return fmt.Errorf("%s has a collation, which teal does not copy%s", c.Name, byHand)
	case c.Default != nil && !c.Default.Null && c.Default.Volatility == statement.Volatile:
		return fmt.Errorf("the default of %s is computed anew for each column, so the two would differ in a row that sets neither%s", c.Name, byHand)
	case c.Default != nil && !c.Default.Null && c.Default.SQL == "":
		return fmt.Errorf("teal cannot write the default of %s%s", c.Name, byHand)
	case p.settings[c.Name] != "":
		return fmt.Errorf("%s %s%s", c.Name, p.settings[c.Name], byHand)
	}
	for _, name := range slices.Sorted(maps.Keys(p.columns)) {
		if g := p.columns[name]; g.Generated && (g.Expression == "" || mentions(g.Expression, c.Name)) {
			return fmt.Errorf("the generated column %s is computed from %s, or may be: give it a new name beside the old one first%s", name, c.Name, byHand)
		}
	}
	out.indexes, out.constraints = p.on(c.Name)
	for _, i := range out.indexes {
		if p.identity != "" && i.Name.Name == p.identity {
			return fmt.Errorf("the index %s is the replica identity of the table%s", p.identity, byHand)
		}
	}
	for _, k := range out.constraints {
		switch {
		case k.Name == p.identity:
			return fmt.Errorf("the key %s is the replica identity of the table%s", p.identity, byHand)
		case k.Kind == statement.PrimaryKey:
			return fmt.Errorf("%s is in the primary key %s, which others refer to and which tells the rows apart%s", c.Name, k.Name, byHand)
		case k.Kind == statement.UniqueKey && k.SQL != "UNIQUE ("+quoteAll(k.Columns)+")", k.Kind == statement.Exclude, k.SQL == "":
			return fmt.Errorf("teal cannot build the constraint %s of %s again without a lock%s", k.Name, c.Name, byHand)
		}
	}
	return nil
}

// writable is a type as SQL, and whether that reads back as the same.
func writable(t statement.Type) (string, bool) {
	text := spell(t)
	f, err := statement.Parse([]byte("ALTER TABLE t ADD COLUMN c "+text), statement.Postgres)
	if err != nil || len(f.Statements) != 1 || len(f.Statements[0].Commands) != 1 || f.Statements[0].Commands[0].Column == nil {
		return "", false
	}
	again := f.Statements[0].Commands[0].Column.Type
	return text, again.Schema == t.Schema && again.Name == t.Name && again.Array == t.Array && equalInts(again.Mods, t.Mods)
}

// used says what else names the column and would fail, or refuse to let it be dropped.
func (a *album) used(table statement.Name, p *portrait, column string) error {
	for _, n := range slices.SortedFunc(maps.Keys(a.tables), func(x, y statement.Name) int { return strings.Compare(x.String(), y.String()) }) {
		for _, k := range a.tables[n].constraints {
			if k.Kind == statement.ForeignKey && fold(k.References) == fold(table) && has(k.RefersTo, column) {
				return fmt.Errorf("the foreign key %s of %s refers to %s%s", k.Name, n, column, byHand)
			}
		}
	}
	for _, v := range p.views {
		if text := strings.ReplaceAll(v.SQL, "(*)", ""); mentions(text, column) || strings.Contains(text, "*") {
			return fmt.Errorf("the view %s reads %s, or may: make it again over the new column by hand, then drop the old one", v.Name, column)
		}
	}
	for _, s := range append(slices.Clone(p.others), p.grants...) {
		if mentions(s.SQL, column) && !commentOn(s, column) {
			return fmt.Errorf("this names %s, and teal does not copy it: %s%s", column, firstLine(s.SQL), byHand)
		}
	}
	for _, s := range a.opaque {
		if mentions(s.SQL, column) && mentions(s.SQL, table.Name) {
			return fmt.Errorf("this may have changed %s, and its text does not say how: %s%s", column, firstLine(s.SQL), byHand)
		}
	}
	return nil
}

// watched says whether a trigger of the table may read or write the column: it would run before or after the one that copies.
func (a *album) watched(p *portrait, column string) error {
	for _, t := range p.triggers {
		name := statement.Name{Name: t.Detail}
		if schema, bare, ok := strings.Cut(t.Detail, "."); ok {
			name = statement.Name{Schema: schema, Name: bare}
		}
		bodies := a.functions[fold(name)]
		if len(bodies) == 0 {
			return fmt.Errorf("the trigger %s runs %s, whose text teal has not seen: it may read or write %s; keep the file that makes it in the folder", t.Name, name, column)
		}
		for _, s := range append([]*statement.Statement{t}, bodies...) {
			if mentions(s.SQL, column) {
				return fmt.Errorf("the trigger %s reads or writes %s, and teal cannot tell which of two triggers must come first%s", t.Name, column, byHand)
			}
		}
	}
	return nil
}

func commentOn(s *statement.Statement, column string) bool {
	return s.Kind == statement.CommentOn && (s.Object != "column" || s.Name.Name == column)
}

// mentions says whether a text says a name, in quotes or not.
func mentions(sql, name string) bool {
	return caret(sql, name) >= 0 || strings.Contains(sql, `"`+strings.ReplaceAll(name, `"`, `""`)+`"`)
}

func firstLine(sql string) string {
	line, _, more := strings.Cut(strings.TrimSpace(sql), "\n")
	if more {
		line += " …"
	}
	return line
}

// plainName refuses what would end a comment's line.
func plainName(names ...string) error {
	for _, n := range names {
		if strings.ContainsAny(n, "\r\n") {
			return errors.New("a name with a line break cannot stand in a comment" + byHand)
		}
	}
	return nil
}
