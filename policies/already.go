package policies

import (
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// settled makes a finding harmless: what it is about stands already, or its effect does.
func (f *Finding) settled(why string) {
	f.Compatibility, f.Hazards, f.Why, f.Instead = Expand, []Hazard{}, why, ""
}

// alone says whether no other command of the statement is about the same thing, nor takes something away: PostgreSQL runs the
// commands of one ALTER TABLE in an order of its own, drops first, so what another one does may be done already.
func alone(s *Subject) bool {
	for i := range s.Commands {
		c := &s.Commands[i]
		if c != s.Command && (c.Name == s.Command.Name || c.Kind == statement.DropConstraint || c.Kind == statement.DropColumn || c.Kind == statement.AlterColumnType) {
			return false
		}
	}
	return true
}

// uniques are the keys that stand on a table and are demanded at once of all its rows: constraints and indexes, by name.
func (w *World) uniques(table statement.Name) map[string]uniqueKey {
	r, out := w.relations[fold(table)], map[string]uniqueKey{}
	if r == nil || r.partitioned {
		return out
	}
	for name, c := range r.constraints {
		if key(c) && !c.Deferrable && len(c.Columns) > 0 {
			out[name] = uniqueKey{c.Columns, c.NullsNotDistinct}
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && i.kind == statement.CreateIndex && i.index.unique && i.index.plain && !w.invalid[n] && fold(i.table) == fold(table) {
			out[n.Name] = uniqueKey{i.keys, i.index.nullsEqual}
		}
	}
	return out
}

type uniqueKey struct {
	columns    []string
	nullsEqual bool
}

// refusesTwins says which key of a table refuses already what a new one on the columns would refuse; "" for none.
func (w *World) refusesTwins(table statement.Name, columns []string, nullsEqual bool) string {
	var found []string
	for name, have := range w.uniques(table) {
		within := !slices.ContainsFunc(have.columns, func(c string) bool { return !has(columns, c) })
		nulls := !nullsEqual || have.nullsEqual || !slices.ContainsFunc(have.columns, func(c string) bool { return !w.notNull(table, c) })
		if within && nulls {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return first(found)
}

// arbiter says which other key of a table on just these columns ON CONFLICT would find; "" for none.
func (w *World) arbiter(table statement.Name, columns []string, nullsEqual bool, but ...string) string {
	var found []string
	for name, have := range w.uniques(table) {
		if !has(but, name) && have.nullsEqual == nullsEqual && sameSet(have.columns, columns) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return first(found)
}

// twin says which other index or key reads as an index on these columns, in this order, does; "" for none.
func (w *World) twin(table statement.Name, columns []string, but string) string {
	r := w.relations[fold(table)]
	if r == nil || r.partitioned {
		return ""
	}
	var found []string
	for name, c := range r.constraints {
		if key(c) && slices.Equal(c.Columns, columns) {
			found = append(found, name)
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && i.kind == statement.CreateIndex && n.Name != but && i.index.plain && !w.invalid[n] && slices.Equal(i.keys, columns) && fold(i.table) == fold(table) {
			found = append(found, n.Name)
		}
	}
	slices.Sort(found)
	return first(found)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func sameSet(a, b []string) bool {
	in := func(list []string) func(string) bool { return func(s string) bool { return !has(list, s) } }
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}

func (w *World) notNull(table statement.Name, name string) bool {
	c := w.column(table, name)
	return c != nil && c.known && c.notNull
}

// twinsRefused softens a new unique index or key where one that stands refuses the same rows: the work remains.
func twinsRefused(s *Subject, f *Finding, table statement.Name, columns []string, nullsEqual bool) {
	have := s.World.refusesTwins(table, columns, nullsEqual)
	if have == "" || len(columns) == 0 {
		return
	}
	if long := s.World.tooLong(table, columns, false); len(long) > 0 {
		f.Why += "; " + have + " refuses such duplicates already, but an index takes no row of more than 2704 bytes, and " + strings.Join(long, ", ") + " may be longer"
		return
	}
	instead := f.Instead
	f.settled(have + " refuses such duplicates already, so the running version notices nothing new")
	if f.Instead = instead; f.Operation.Blocks != BlocksNobody {
		f.Why += "; but the index is built while " + map[Blocks]string{BlocksReads: "nobody can read " + table.String(), BlocksWrites: "writes to " + table.String() + " wait"}[f.Operation.Blocks]
	}
}

// sameConstraint says which constraint of the table says word for word what a new one does, and is enforced: valid too, if
// the new one is proven at once. "" for none.
func (w *World) sameConstraint(table statement.Name, c *statement.Constraint) string {
	r := w.relations[fold(table)]
	if r == nil || c.SQL == "" {
		return ""
	}
	var found []string
	for name, have := range r.constraints {
		if have.Kind == c.Kind && said(have) == said(c) && (c.NotValid || !have.NotValid) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return first(found)
}

// passesOver judges CREATE INDEX IF NOT EXISTS where the name is taken already.
func passesOver(s *Subject, f *Finding) {
	n := fold(s.Name)
	if !s.IfNotExists || n.Name == "" {
		return
	}
	if s.World.invalid[n] {
		f.raise(Never)
		f.Why = n.String() + " is there already, left invalid by a build that failed: IF NOT EXISTS passes over it and reports success, and no query will ever use it"
		f.Instead = "drop it first, in a file of its own\n-- expand:\nDROP INDEX CONCURRENTLY " + quote(n.Name) + ";" + wordsOf(s).sql(concurrentIndex)
		return
	}
	have := s.World.relations[n]
	if have == nil || have.kind != statement.CreateIndex || have.doubted {
		return
	}
	switch plain := plainIndex(s.Statement); {
	case fold(have.table) != fold(s.Table) || plain != have.index.plain || plain && (!slices.Equal(have.keys, s.Columns) || have.index.unique != s.Unique || have.index.nullsEqual != s.NullsEqual):
		f.raise(Never)
		f.Why = n.String() + " is there already and is another index: IF NOT EXISTS passes over it, so nothing is made"
		f.Instead = "choose another name, and leave IF NOT EXISTS out"
	case plain && s.World.sighted: // the migrations do not tell whether it is valid
		f.settled(n.String() + " is there already, on the same columns: the statement does nothing")
		f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
	}
}

// sameDefault says whether a column has just this default already.
func sameDefault(c *column, d *statement.Default) bool {
	if c == nil || c.def == nil || d == nil || d.SQL == "" {
		return false
	}
	if relative(c.typ, d) {
		return false
	}
	if c.def.SQL == d.SQL {
		return true
	}
	if n := wholeNumber(d); n != "" && n == wholeNumber(c.def) && c.typ.Schema == "" && !c.typ.Array && has([]string{"int2", "int4", "int8", "numeric"}, c.typ.Name) {
		return true
	}
	plain := func(d *statement.Default) bool {
		return d.Cast.Name == "" || d.Cast.Name == c.typ.Name && len(d.Cast.Mods) == 0 && d.Cast.Other == "" && d.Cast.Array == c.typ.Array
	}
	return d.Literal != "" && d.Literal == c.def.Literal && plain(d) && plain(c.def) || sequenceOf(d) != "" && sequenceOf(d) == sequenceOf(c.def)
}

// wholeNumber is the number that a default is, however the database writes it: -1 is '-1'::integer there.
func wholeNumber(d *statement.Default) string {
	text := strings.Trim(d.Literal, "'")
	if d.Literal == "" {
		text = strings.ReplaceAll(d.SQL, " ", "")
	}
	if d.Cast.Name != "" && !has([]string{"int2", "int4", "int8", "numeric"}, d.Cast.Name) || d.Cast.Array || len(d.Cast.Mods) > 0 {
		return ""
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// sequenceOf is the sequence of a default that is its next number: nextval('s'), which the database writes with a cast.
func sequenceOf(d *statement.Default) string {
	for _, form := range []struct{ before, after string }{{"nextval('", "')"}, {"nextval(CAST('", "' AS regclass))"}} {
		name, begins := strings.CutPrefix(d.SQL, form.before)
		name, ends := strings.CutSuffix(name, form.after)
		if begins && ends && !strings.ContainsAny(name, `'":(`) {
			return strings.TrimPrefix(name, "public.")
		}
	}
	return ""
}

// relative says whether a default is a moment that is told by the day, or by the session's time zone: it is computed when it is
// set, so the same words may mean another moment now.
func relative(t statement.Type, d *statement.Default) bool {
	if t.Schema == "" && has([]string{"text", "varchar", "bpchar", "name", "citext", "json", "jsonb", "uuid", "bytea"}, t.Name) && (d.Cast.Name == "" || d.Cast.Name == t.Name) {
		return false
	}
	text := strings.ToLower(d.SQL)
	return strings.Contains(text, "'") && slices.ContainsFunc([]string{"now", "today", "tomorrow", "yesterday"}, func(word string) bool {
		return strings.Contains(text, word) || t.Name == "timestamptz" || t.Name == "timetz"
	})
}

// said is a constraint's text. The schema that names without one are in, and parentheses around the whole, change nothing.
func said(c *statement.Constraint) string {
	text := strings.ReplaceAll(c.SQL, " public.", " ")
	for strings.HasPrefix(text, "CHECK ((") && strings.HasSuffix(text, "))") && balanced(text[len("CHECK (("):len(text)-2]) {
		text = "CHECK (" + text[len("CHECK (("):len(text)-2] + ")"
	}
	return text
}

// balanced says whether every parenthesis of a text closes within it.
func balanced(text string) bool {
	depth := 0
	for _, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		case '\'', '"':
			return false // a parenthesis may stand in quotes
		}
	}
	return depth == 0
}
