package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"teal.dev/teal/policies"
)

// generator makes a random schema, what an old version says to it, and a migration.
type generator struct {
	r      *rand.Rand
	tables []table
	drops  []string // statements that drop what needs columns
	next   int
}

type table struct {
	name    string
	columns []col
	indexes []string
	checks  []string
	unique  string // a constraint
}

type col struct {
	name, typ string
	notNull   bool
	dflt      string
}

// Generate makes a case from a seed. Its old version uses everything, so that only an expand may leave it in peace.
func Generate(seed uint64) Case {
	g := &generator{r: rand.New(rand.NewPCG(seed, 7))}
	for range 2 + g.r.IntN(2) {
		g.table()
	}
	c := Case{Path: fmt.Sprintf("generated/bad-%d.txtar", seed), Rule: "generated", Part: Borderline, About: fmt.Sprintf("seed %d", seed), Server: 15,
		Schema: g.schema(), Old: g.old()}
	var statements []string
	for range 1 + g.r.IntN(4)/2 {
		statements = append(statements, g.change())
	}
	for i, s := range statements { // each in a file of its own or all in one
		if i == 0 || g.r.IntN(2) == 0 || strings.Contains(s, "CONCURRENTLY") || strings.Contains(statements[i-1], "CONCURRENTLY") {
			c.Files = append(c.Files, policies.File{Path: fmt.Sprintf("%04d_change.up.sql", i+2), Body: []byte(s + ";\n")})
			continue
		}
		last := &c.Files[len(c.Files)-1]
		last.Body = append(last.Body, s+";\n"...)
	}
	return c
}

func (g *generator) fresh(prefix string) string {
	g.next++
	return fmt.Sprintf("%s%d", prefix, g.next)
}

func pick[T any](g *generator, list []T) T { return list[g.r.IntN(len(list))] }

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func types() []string {
	return []string{"int", "bigint", "text", "varchar(20)", "numeric(8,2)", "numeric(8)", "boolean", "timestamp", "timestamp(3)", "timestamptz", "interval", "jsonb"}
}

// value is a constant of a type; the same number gives the same value.
func value(typ string, n int) string {
	switch typ {
	case "text", "varchar(20)":
		return fmt.Sprintf("'v%d'", n)
	case "boolean":
		return []string{"true", "false"}[n%2]
	case "timestamp", "timestamp(3)", "timestamptz":
		return fmt.Sprintf("'2026-01-%02d'", n%28+1)
	case "interval":
		return fmt.Sprintf("'%d days'", n)
	case "jsonb":
		return fmt.Sprintf(`'{"n": %d}'`, n)
	}
	return fmt.Sprint(n)
}

func (g *generator) table() {
	t := table{name: g.fresh("t"), columns: []col{{name: "id", typ: "int", notNull: true}}}
	for range 2 + g.r.IntN(3) {
		c := col{name: g.fresh("c"), typ: pick(g, types()), notNull: g.chance(30)}
		if g.chance(40) {
			c.dflt = value(c.typ, 1)
		}
		t.columns = append(t.columns, c)
	}
	g.tables = append(g.tables, t)
}

func (g *generator) schema() string {
	var b strings.Builder
	for i := range g.tables {
		t := &g.tables[i]
		fmt.Fprintf(&b, "CREATE TABLE %s (id int PRIMARY KEY", t.name)
		for _, c := range t.columns[1:] {
			fmt.Fprintf(&b, ", %s %s", c.name, c.typ)
			if c.notNull {
				b.WriteString(" NOT NULL")
			}
			if c.dflt != "" {
				b.WriteString(" DEFAULT " + c.dflt)
			}
		}
		if c := pick(g, t.columns[1:]); g.chance(50) && c.typ != "boolean" {
			t.unique = t.name + "_u"
			fmt.Fprintf(&b, ", CONSTRAINT %s UNIQUE (%s)", t.unique, c.name)
		}
		b.WriteString(");\n")
		if g.chance(50) {
			t.indexes = append(t.indexes, t.name+"_i")
			fmt.Fprintf(&b, "CREATE INDEX %s_i ON %s (%s);\n", t.name, t.name, pick(g, t.columns[1:]).name)
		}
		if g.chance(30) {
			t.checks = append(t.checks, t.name+"_k")
			fmt.Fprintf(&b, "ALTER TABLE %s ADD CONSTRAINT %s_k CHECK (id < 5000)%s;\n", t.name, t.name, pick(g, []string{"", " NOT VALID"}))
		}
		if i > 0 && g.chance(40) {
			fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN ref int REFERENCES %s (id)%s;\n", t.name, g.tables[0].name, pick(g, []string{"", " ON DELETE CASCADE"}))
			t.columns = append(t.columns, col{name: "ref", typ: "int"})
		}
		for n := 1; n <= 3; n++ {
			fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", t.name, strings.Join(t.row(n), ", "))
		}
		if g.chance(60) {
			b.WriteString(g.holder(t))
		}
	}
	return b.String()
}

// holder is an object that needs columns of a table, or their rows as they are.
func (g *generator) holder(t *table) string {
	c, other := pick(g, t.columns), pick(g, g.tables[:1])
	name := g.fresh("h")
	var s, drop string
	switch g.r.IntN(8) {
	case 0:
		s, drop = fmt.Sprintf("CREATE VIEW %s AS SELECT id, %s AS shown FROM %s", name, c.name, t.name), "DROP VIEW "+name
	case 1:
		s, drop = fmt.Sprintf("CREATE VIEW %s AS SELECT a.id, b.%s AS shown FROM %s a JOIN %s b ON b.id = a.id", name, c.name, other.name, t.name), "DROP VIEW "+name
	case 2:
		s, drop = fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM %s", name, t.name), "DROP VIEW "+name
	case 3:
		s, drop = fmt.Sprintf("CREATE TRIGGER %s BEFORE UPDATE OF %s ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()", name, c.name, t.name), "DROP TRIGGER "+name+" ON "+t.name
	case 4:
		s, drop = fmt.Sprintf("CREATE POLICY %s ON %s USING (%s IS NOT NULL)", name, t.name, c.name), "DROP POLICY "+name+" ON "+t.name
	case 5:
		s, drop = fmt.Sprintf("CREATE FUNCTION %s() RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT id FROM %s WHERE %s IS NOT NULL; END", name, t.name, c.name), "DROP FUNCTION "+name+"()"
	case 6:
		s = fmt.Sprintf("CREATE STATISTICS %s ON id, %s FROM %s", name, t.columns[1].name, t.name)
	default:
		s = fmt.Sprintf("CREATE TABLE %s (at int, was %s); GRANT ALL ON %s TO PUBLIC", name, t.name, name)
	}
	if drop != "" {
		g.drops = append(g.drops, drop)
	}
	return s + ";\n"
}

func (t *table) row(n int) []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = value(c.typ, n)
		if c.name == "ref" {
			out[i] = "1"
		}
	}
	return out
}

func (t *table) names(skip func(col) bool) (names, values []string) {
	row := t.row(40)
	for i, c := range t.columns {
		if skip == nil || !skip(c) {
			names, values = append(names, c.name), append(values, row[i])
		}
	}
	return names, values
}

// old is what an application may say to the schema, whatever comes.
func (g *generator) old() []Old {
	var out []Old
	add := func(format string, args ...any) { out = append(out, Old{SQL: fmt.Sprintf(format, args...), Any: true}) }
	for i := range g.tables {
		t := &g.tables[i]
		all, values := t.names(nil)
		list, row := strings.Join(all, ", "), strings.Join(values, ", ")
		needed, some := t.names(func(c col) bool { return c.name != "id" && (!c.notNull || c.dflt != "") })
		add("SELECT * FROM %s", t.name)
		add("SELECT %s FROM %s ORDER BY id", list, t.name)
		add("SELECT DISTINCT %s, count(*) FROM %s GROUP BY id", list, t.name)
		add("SELECT row_to_json(x) FROM %s x", t.name)
		add("SELECT * FROM %s a NATURAL JOIN %s b", t.name, pick(g, g.tables).name)
		add("INSERT INTO %s VALUES (%s)", t.name, row)
		add("INSERT INTO %s (%s) VALUES (%s) RETURNING *", t.name, list, row)
		add("INSERT INTO %s (%s) VALUES (%s)", t.name, strings.Join(needed, ", "), strings.Join(some, ", "))
		add("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (id) DO UPDATE SET id = 41", t.name, list, strings.Join(t.row(1), ", "))
		if t.unique != "" {
			add("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT ON CONSTRAINT %s DO NOTHING", t.name, list, row, t.unique)
		}
		for _, c := range t.columns[1:] {
			add("UPDATE %s SET %s = %s WHERE id = 1", t.name, c.name, pick(g, []string{"NULL", "DEFAULT", value(c.typ, 7)}))
			add("UPDATE %s SET %s = %s", t.name, c.name, value(c.typ, 0))
			add("SELECT id FROM %s WHERE %s = %s", t.name, c.name, value(c.typ, 2))
		}
		add("DELETE FROM %s WHERE id = 1", t.name)
		add("TRUNCATE %s", t.name)
		add("COPY %s TO STDOUT", t.name)
		out = append(out, Old{SQL: fmt.Sprintf("COPY %s FROM STDIN", t.name), Any: true, Data: strings.ReplaceAll(strings.Join(values, "\t"), "'", "") + "\n"})
	}
	return out
}
