package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// words are the names of a statement that a rule's texts may hold between braces.
type words struct {
	table, name, parent             []statement.Name
	column, new, constraint, index  string
	columns                         []string
	typ, schema, value, check, dflt string
	using                           string // what a changed column is computed from
	text                            string // of the statement
	unnamed                         bool   // it is a CREATE INDEX without a name, and index is what PostgreSQL calls it
}

// wordsOf collects the statement's own names.
func wordsOf(s *Subject) *words {
	w := &words{table: []statement.Name{s.TableName()}, name: []statement.Name{s.Name}, parent: []statement.Name{s.PartitionOf}, new: s.NewName, text: s.SQL,
		index: s.Name.Name, columns: s.Columns, schema: s.NewSchema, value: s.Detail}
	if len(s.Names) > 1 {
		w.name = s.Names
	}
	if s.Expressions {
		w.columns = nil
	}
	if w.unnamed = s.Kind == statement.CreateIndex && s.Name.Name == ""; w.unnamed {
		w.index = indexName(s.Statement, s.World.related).Name
	}
	if c := s.Command; c != nil {
		w.command(c)
		if known := s.World.column(s.Name, c.Name); c.Column == nil && c.Type.Name == "" && known != nil && known.known {
			w.typ = spell(known.typ)
		}
	}
	return w
}

func (w *words) command(c *statement.Command) {
	w.column, w.constraint, w.typ = c.Name, c.Name, spell(c.Type)
	if c.NewName != "" {
		w.new = c.NewName
	}
	if w.using = quote(c.Name); c.UsingSQL != "" {
		w.using = c.UsingSQL
	}
	if c.Default != nil {
		w.dflt = c.Default.SQL
	}
	if c.Column != nil {
		w.typ = spell(c.Column.Type)
		if c.Column.Default != nil {
			w.dflt = c.Column.Default.SQL
		}
		for _, k := range c.Column.Constraints {
			w.check = k.SQL
		}
	}
	if k := c.Constraint; k != nil {
		w.columns, w.parent, w.check = k.Columns, []statement.Name{k.References}, k.SQL
		if w.constraint == "" {
			w.constraint = defaultConstraintName(w.table[0].Name, k, "")
		}
	}
	if c.Other.Name != "" {
		w.parent = []statement.Name{c.Other}
	}
}

// say fills a sentence: names as people say them.
func (w *words) say(text string) string {
	return expand(text, func(run []string) string {
		out := ""
		for _, part := range run {
			out += w.word(part, func(s string) string { return s })
		}
		return out
	})
}

// sql fills a text that holds SQL: names are quoted where PostgreSQL wants it, and a name put together of several, such as
// {table}_{column}_key, is one name, without a schema.
func (w *words) sql(text string) string {
	return expand(text, func(run []string) string {
		if len(run) == 1 {
			return w.word(run[0], quote)
		}
		whole := ""
		for _, part := range run {
			switch part {
			case "{table}":
				whole += w.table[0].Name
			default:
				whole += w.word(part, func(s string) string { return s })
			}
		}
		if strings.Contains(whole, "…") {
			return whole
		}
		return quote(short(whole))
	})
}

// word is what one part stands for; a part without braces stands for itself.
func (w *words) word(part string, spell func(string) string) string {
	switch part {
	case "{table}":
		return nameList(w.table, spell)
	case "{name}":
		return nameList(w.name, spell)
	case "{parent}":
		return nameList(w.parent, spell)
	case "{column}":
		return spell(w.column)
	case "{new}":
		return or(spell(w.new))
	case "{schema}":
		return spell(w.schema)
	case "{constraint}":
		return or(spell(w.constraint))
	case "{index}":
		return or(spell(w.index))
	case "{columns}":
		out := make([]string, len(w.columns))
		for i, c := range w.columns {
			out[i] = or(spell(c))
		}
		return or(strings.Join(out, ", "))
	case "{type}":
		return or(w.typ)
	case "{statement}":
		return w.text
	case "{renamed}": // a table, by its new name or in its new schema
		to := w.name[0]
		if w.new != "" {
			to.Name = w.new
		}
		if w.schema != "" {
			to.Schema = w.schema
		}
		return nameList([]statement.Name{to}, spell)
	case "{concurrently}":
		if w.unnamed {
			return withName(concurrently(w.text), w.index)
		}
		return concurrently(w.text)
	case "{value}":
		return w.value
	case "{label}":
		return "'" + strings.ReplaceAll(w.new, "'", "''") + "'"
	case "{check}":
		return or(w.check)
	case "{using}":
		return w.using
	case "{default}":
		return or(w.dflt)
	}
	return part
}

func nameList(names []statement.Name, spell func(string) string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = spell(n.Name)
		if n.Schema != "" {
			out[i] = spell(n.Schema) + "." + out[i]
		}
	}
	return or(strings.Join(out, ", "))
}

// expand finds the runs of braces and of letters that touch them, such as {table}_{column}_key.
func expand(text string, fill func(run []string) string) string {
	var b strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			break
		}
		from := at
		for from > 0 && nameByte(text[from-1]) {
			from--
		}
		b.WriteString(text[:from])
		run, rest := nameRun(text[from:])
		b.WriteString(fill(run))
		text = rest
	}
	b.WriteString(text)
	return b.String()
}

// nameRun cuts the parts of one name off a text.
func nameRun(text string) (run []string, rest string) {
	for text != "" {
		end := 0
		if text[0] == '{' {
			if end = strings.IndexByte(text, '}') + 1; end == 0 {
				return append(run, text), ""
			}
		} else {
			for end < len(text) && nameByte(text[end]) {
				end++
			}
		}
		if end == 0 {
			break
		}
		run, text = append(run, text[:end]), text[end:]
	}
	return run, text
}

func nameByte(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// quote writes a name as SQL needs it: in double quotes unless the database folds it to itself and no keyword is in the way.
func quote(name string) string {
	if name == "" || name == "…" {
		return name
	}
	plain := name[0] == '_' || name[0] >= 'a' && name[0] <= 'z'
	for i := 0; plain && i < len(name); i++ {
		plain = nameByte(name[i])
	}
	if plain && !statement.Reserved(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// or is a name, or the sign that the author has to find one.
func or(name string) string {
	if name == "" {
		return "…"
	}
	return name
}
