package policies

import (
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// learnConstraint remembers a constraint by its name, or by the name that PostgreSQL gives it.
func (w *World) learnConstraint(r *relation, table statement.Name, c statement.Constraint) {
	if c.Name == "" {
		c.Name = w.freeName(r, table, &c)
	}
	r.constraints[c.Name] = &c
	for _, name := range c.Columns {
		if col := r.columns[name]; col != nil && c.Kind == statement.PrimaryKey {
			col.notNull = true
		}
	}
}

// learnUsed takes in that an index is a constraint's from now on. It has no expressions and no WHERE, or the server refuses.
func (w *World) learnUsed(k *statement.Constraint, index statement.Name) {
	if i := w.relations[fold(index)]; i != nil {
		k.Columns, k.NullsNotDistinct = i.keys, i.index.nullsEqual
		k.Reads = slices.DeleteFunc(slices.Clone(i.whole), func(c string) bool { return has(i.keys, c) })
	}
	if k.Name == "" {
		k.Name = index.Name
	}
	w.forget(index)
}

// merged leaves out the keys of one definition that PostgreSQL makes one with another: the same columns, in the same way. The
// primary key comes first, and a name that only the other has goes over.
func merged(list []statement.Constraint) []statement.Constraint {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b statement.Constraint) int { return primary(&b) - primary(&a) })
	var out []statement.Constraint
	for _, c := range sorted {
		at := slices.IndexFunc(out, func(have statement.Constraint) bool {
			return key(&c) && key(&have) && slices.Equal(have.Columns, c.Columns) && slices.Equal(have.Reads, c.Reads) &&
				have.Deferrable == c.Deferrable && have.NullsNotDistinct == c.NullsNotDistinct
		})
		switch {
		case at < 0:
			out = append(out, c)
		case out[at].Name == "":
			out[at].Name = c.Name
		}
	}
	return out
}

func primary(c *statement.Constraint) int {
	if c.Kind == statement.PrimaryKey {
		return 1
	}
	return 0
}

// freeName is the name that PostgreSQL gives to a constraint that has none: with a number where the name is taken.
func (w *World) freeName(r *relation, table statement.Name, c *statement.Constraint) string {
	for i := 0; ; i++ {
		number := ""
		if i > 0 {
			number = strconv.Itoa(i)
		}
		name := defaultConstraintName(table.Name, c, number)
		index := w.relations[fold(statement.Name{Schema: table.Schema, Name: name})]
		if r.constraints[name] == nil && (index == nil || c.Kind == statement.Check || c.Kind == statement.ForeignKey) {
			return name
		}
	}
}

func defaultConstraintName(table string, c *statement.Constraint, number string) string {
	columns := strings.Join(c.Columns, "_")
	switch c.Kind {
	case statement.PrimaryKey:
		return objectName(table, "", "pkey"+number)
	case statement.ForeignKey:
		return objectName(table, columns, "fkey"+number)
	case statement.UniqueKey:
		return objectName(table, strings.Join(append(slices.Clone(c.Columns), c.Reads...), "_"), "key"+number)
	case statement.Exclude:
		return objectName(table, columns, "excl"+number)
	case statement.Check: // it is named after its only column, wherever it is written
		if columns = ""; len(c.Reads) == 1 {
			columns = c.Reads[0]
		}
	}
	return objectName(table, columns, "check"+number)
}

// longestName is how many bytes of a name PostgreSQL keeps.
const longestName = 63

// objectName puts a name together as PostgreSQL's makeObjectName does: what is too long is cut, byte by byte, from the longer
// of the first two parts, and then back to whole characters.
func objectName(table, columns, label string) string {
	room := longestName - len(label) - 1
	if columns != "" {
		room--
	}
	a, b := len(table), len(columns)
	for a+b > room {
		if a > b {
			a--
		} else {
			b--
		}
	}
	if table = strings.ToValidUTF8(table[:a], ""); columns != "" {
		table += "_" + strings.ToValidUTF8(columns[:b], "")
	}
	return table + "_" + label
}
