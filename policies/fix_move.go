package policies

import (
	"errors"
	"fmt"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// renameColumn writes RENAME COLUMN as a column beside the old one.
func (x *fixer) renameColumn(s *Subject) ([]piece, error) {
	c := s.Command
	if _, there := x.album.table(s.Name).columns[c.NewName]; there || x.world.known[fold(s.Name)][c.NewName] {
		return nil, fmt.Errorf("%s has a column %s already", s.Name, c.NewName)
	}
	it, err := x.sitter(s)
	if err != nil {
		return nil, err
	}
	m := &sync{table: s.Name, old: c.Name, new: c.NewName, from: it.column.Type, to: it.column.Type, typ: it.typ, value: quote(c.Name), back: "NEW." + quote(c.NewName)}
	return x.moved(it, m, []string{"While both versions run, the old one says " + c.Name + " and the new one " + c.NewName + "; the trigger copies what one writes to the other."})
}

// retype writes ALTER COLUMN … TYPE as a column of the new type beside the old one.
func (x *fixer) retype(s *Subject, sql string) ([]piece, error) {
	c := s.Command
	it, err := x.sitter(s)
	if err != nil {
		return nil, err
	}
	typ, ok := writable(c.Type)
	if !ok || c.Collation {
		return nil, fmt.Errorf("teal cannot write the type %s, or its collation%s", c.Type, byHand)
	}
	m := &sync{table: s.Name, old: c.Name, new: x.freeColumn(s.Name, c.Name+"_new"), from: it.column.Type, to: c.Type, typ: typ, retyped: true,
		value: quote(c.Name), taken: "NEW." + quote(c.Name), fails: !total(it.column.Type, c.Type)}
	m.back = "NEW." + quote(m.new)
	if c.Using {
		if err := m.using(sql); err != nil {
			return nil, err
		}
	}
	notes := []string{"The new version must read and write " + m.new + ", of type " + typ + ": " + c.Name + " is the old version's until the contract files drop it.",
		"The trigger copies what one version writes to the other. A value of the new version that does not fit into " + it.typ + " is refused",
		"until then, because the old version could not read it."}
	if m.fails {
		notes = append(notes, "A value of the old version that does not convert is kept, and "+m.new+" is NULL in that row until somebody mends it.")
	}
	if withZone(m.from) != withZone(m.to) && m.zone == "" {
		return nil, fmt.Errorf("what %s means as %s depends on the time zone of each session: say USING %s AT TIME ZONE 'UTC', or whichever it is", c.Name, typ, quote(c.Name))
	}
	return x.moved(it, m, notes)
}

// using takes in the conversion that the statement asks for, where the way back is known.
func (m *sync) using(sql string) error {
	c, ok := statement.ConversionOf(sql)
	switch {
	case !ok:
		return errors.New("teal cannot write the USING expression again" + byHand)
	case len(c.Reads) != 1 || c.Reads[0] != m.old:
		return fmt.Errorf("the USING expression is not computed from %s alone, so the trigger would have to follow other columns too%s", m.old, byHand)
	case !c.Plain && c.Zone == "":
		return fmt.Errorf("the USING expression does more than cast %s, and teal does not know the way back, which the old version needs for what the new one writes%s", m.old, byHand)
	}
	m.value, m.taken = c.SQL, c.New
	m.fails = m.fails || c.Casts != 1
	if m.zone = c.Zone; m.zone != "" {
		m.back += " AT TIME ZONE " + m.zone
	}
	return nil
}

func withZone(t statement.Type) bool { return t.Name == "timestamptz" || t.Name == "timetz" }

// sitter looks at the column that a command changes, and at what else the file says of it.
func (x *fixer) sitter(s *Subject) (*sitter, error) {
	column := s.Command.Name
	if x.phase == PhaseContract {
		return nil, errors.New("in a contract file it is too late for a column that the new version starts with: take -- teal:contract out of the first line, or move the file to expand/, and run --fix again")
	}
	if err := plainName(s.Name.Schema, s.Name.Name, column, s.Command.NewName); err != nil {
		return nil, err
	}
	for i := range s.Commands {
		if c := &s.Commands[i]; c != s.Command && c.Name == column {
			return nil, fmt.Errorf("the statement changes %s in another way as well; make a file of its own for each change of the column", column)
		}
	}
	for i := s.Index + 1; i < len(x.all); i++ {
		later := &x.all[i]
		for _, n := range later.Relations() {
			if fold(n) == fold(s.Name) && mentions(later.SQL, column) {
				return nil, fmt.Errorf("line %d says %s too, and after the split that is the old column; make a file of its own for it", later.Line, column)
			}
		}
	}
	if err := x.passing(s.Name, column); err != nil {
		return nil, err
	}
	return x.album.sit(s.Name, column)
}

func (x *fixer) freeColumn(table statement.Name, base string) string {
	name := short(base)
	for i := 2; ; i++ {
		if _, there := x.album.table(table).columns[name]; !there && !x.world.known[fold(table)][name] && x.world.column(table, name) == nil {
			return name
		}
		name = short(fmt.Sprintf("%s%d", base, i))
	}
}

// moved are the pieces of a column that takes another's place, with all that is built on it.
func (x *fixer) moved(it *sitter, m *sync, notes []string) ([]piece, error) {
	if d := it.column.Default; d != nil && !d.Null {
		m.dflt = d.SQL
	}
	m.function = x.free(m.table, m.table.Name+"_sync_"+m.new)
	if it.comment {
		notes = append(notes, "COMMENT ON is not copied: say it of "+m.new+" too.")
	}
	out := append(m.create(notes), m.backfill())
	for _, i := range it.indexes {
		if fold(i.Table) != fold(m.table) {
			return nil, fmt.Errorf("the table was called %s when the index %s was made, and teal cannot write that again for another table%s", i.Table, or(i.Name.Name), byHand)
		}
		sql, ok := statement.RetellFor(i.SQL, m.old, m.new)
		if !ok {
			return nil, fmt.Errorf("teal cannot write the index %s again for another column%s", i.Name.Name, byHand)
		}
		columns := make([]string, len(i.Columns))
		for k := range i.Columns {
			columns[k] = m.renamed(i.Columns[k])
		}
		if i.Expressions {
			columns = append(columns, "expr")
		}
		name := x.free(m.table, strings.Join(append([]string{m.table.Name}, columns...), "_")+"_idx")
		out = append(out, piece{sql: insertAfter(sql, `^CREATE (UNIQUE )?INDEX`, " CONCURRENTLY "+quote(name)), alone: true,
			note: []string{"What " + or(i.Name.Name) + " is for " + m.old + "."}})
	}
	for _, k := range it.constraints {
		more, err := x.again(m, k)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if it.column.NotNull {
		w := &words{table: []statement.Name{m.table}, column: m.new, constraint: x.free(m.table, m.table.Name+"_"+m.new+"_nn")}
		out = append(out, late(notNull(w))...)
	}
	return append(out, m.drop()...), nil
}

func (m *sync) renamed(column string) string {
	if column == m.old {
		return m.new
	}
	return column
}

// again builds a constraint for the new column.
func (x *fixer) again(m *sync, k statement.Constraint) ([]piece, error) {
	const head = "ALTER TABLE t ADD "
	sql, ok := statement.RetellFor(head+k.SQL, m.old, m.new)
	sql, cut := strings.CutPrefix(sql, head)
	if !ok || !cut {
		return nil, fmt.Errorf("teal cannot write the constraint %s again for another column%s", k.Name, byHand)
	}
	was := k.Name
	columns := make([]string, len(k.Columns))
	for i := range k.Columns {
		columns[i] = m.renamed(k.Columns[i])
	}
	k.SQL, k.Columns = sql, columns
	if k.Kind == statement.Check {
		k.Columns, k.Reads = []string{m.new}, []string{m.new}
	}
	w := &words{table: []statement.Name{m.table}, columns: columns, constraint: x.free(m.table, defaultConstraintName(m.table.Name, &k, "")), check: sql}
	out := constrain(w, &k)
	if len(out) == 0 {
		return nil, fmt.Errorf("teal cannot build the constraint %s again without a lock%s", was, byHand)
	}
	if k.NotValid {
		out = out[:1]
	}
	out[0].note = []string{"What the constraint " + was + " is for " + m.old + "."}
	return out, nil
}
