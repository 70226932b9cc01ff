package oracle

import "fmt"

// change is one statement of a migration, about what there is or what the migration made before.
func (g *generator) change() string {
	t := &g.tables[g.r.IntN(len(g.tables))]
	switch g.r.IntN(13) {
	case 0, 1, 2:
		return g.addColumn(t)
	case 3, 4:
		return g.alterColumn(t)
	case 5:
		return g.constraint(t)
	case 6:
		return g.index(t)
	case 7:
		return g.newTable(t)
	case 8:
		return g.data(t)
	case 9, 10, 11:
		return g.taken(t)
	}
	return g.other(t)
}

// taken is a statement that the server refuses where something needs what it takes away or changes.
func (g *generator) taken(t *table) string {
	c := pick(g, t.columns)
	cascade := pick(g, []string{"", "", "", " CASCADE"})
	list := []string{
		fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s%s", t.name, c.name, cascade),
		fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s", t.name, c.name, c.typ),
		fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE text", t.name, c.name),
		fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s_pkey%s", t.name, t.name, cascade),
		fmt.Sprintf("DROP TABLE %s%s", t.name, cascade),
		fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s int DEFAULT 1", t.name, g.fresh("c")),
	}
	return pick(g, append(list, g.drops...))
}

func (g *generator) addColumn(t *table) string {
	c := col{name: g.fresh("c"), typ: pick(g, types()), notNull: g.chance(30)}
	s := fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", t.name, c.name, c.typ)
	if g.chance(60) {
		c.dflt = pick(g, []string{value(c.typ, 3), value(c.typ, 3), "NULL"})
		s += " DEFAULT " + c.dflt
	}
	if c.notNull {
		s += " NOT NULL"
	}
	switch g.r.IntN(10) {
	case 0:
		s += " UNIQUE"
	case 1:
		s += fmt.Sprintf(" CHECK (%s IS NOT NULL)", c.name)
	case 2:
		s += fmt.Sprintf(" CHECK (%s = %s)", c.name, value(c.typ, 3))
	case 3:
		if c.typ == "int" {
			s += fmt.Sprintf(" REFERENCES %s (id)", g.tables[0].name)
		}
	}
	t.columns = append(t.columns, c)
	return s
}

func (g *generator) alterColumn(t *table) string {
	c := pick(g, t.columns[1:])
	s := fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s ", t.name, c.name)
	switch g.r.IntN(9) {
	case 0:
		return s + "SET NOT NULL"
	case 1:
		return s + "DROP NOT NULL"
	case 2:
		return s + "SET DEFAULT " + pick(g, []string{value(c.typ, 5), "NULL"})
	case 3:
		return s + "DROP DEFAULT"
	case 4:
		return s + "TYPE " + pick(g, []string{"text", "varchar(40)", "varchar(20)", "bigint", "numeric(10,2)", "numeric(10)", "timestamptz", "timestamp(6)", "timestamptz(3)", "interval(2)", c.typ, c.typ + " USING " + c.name})
	case 5:
		return s + "SET STATISTICS 50"
	case 6:
		return fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", t.name, c.name)
	case 7:
		return fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", t.name, c.name, g.fresh("c"))
	}
	return s + "SET STORAGE PLAIN"
}

func (g *generator) constraint(t *table) string {
	c, name := pick(g, t.columns), g.fresh("k")
	s := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s ", t.name, name)
	switch g.r.IntN(7) {
	case 0:
		return s + fmt.Sprintf("CHECK (%s IS NOT NULL)%s", c.name, pick(g, []string{"", " NOT VALID"}))
	case 1:
		return s + fmt.Sprintf("UNIQUE (%s)%s", c.name, pick(g, []string{"", " DEFERRABLE"}))
	case 2:
		return s + fmt.Sprintf("FOREIGN KEY (id) REFERENCES %s (id)%s", pick(g, g.tables).name, pick(g, []string{"", " NOT VALID"}))
	case 3:
		if t.unique != "" {
			return fmt.Sprintf("ALTER TABLE %s %s", t.name, pick(g, []string{"DROP CONSTRAINT " + t.unique, "RENAME CONSTRAINT " + t.unique + " TO " + name}))
		}
	case 4:
		if len(t.checks) > 0 {
			return fmt.Sprintf("ALTER TABLE %s %s CONSTRAINT %s", t.name, pick(g, []string{"VALIDATE", "DROP"}), t.checks[0])
		}
	}
	return s + "CHECK (id > 0) NOT VALID"
}

func (g *generator) index(t *table) string {
	c, name := pick(g, t.columns), g.fresh("i")
	if len(t.indexes) > 0 && g.chance(30) {
		return pick(g, []string{"DROP INDEX " + t.indexes[0], "ALTER INDEX " + t.indexes[0] + " RENAME TO " + name, "REINDEX INDEX " + t.indexes[0]})
	}
	what := pick(g, []string{c.name, c.name, "lower(" + c.name + "::text)", "(id + 1)", "(id / 2)", "id) WHERE (" + c.name + " IS NOT NULL"})
	return fmt.Sprintf("CREATE %sINDEX %s%s ON %s (%s)", pick(g, []string{"", "UNIQUE "}), pick(g, []string{"", "CONCURRENTLY "}), name, t.name, what)
}

func (g *generator) newTable(t *table) string {
	name := g.fresh("n")
	made := table{name: name, columns: []col{{name: "id", typ: "int"}, {name: "a", typ: "int"}}}
	s := pick(g, []string{
		fmt.Sprintf("CREATE TABLE %s (id int PRIMARY KEY, a int)", name),
		fmt.Sprintf("CREATE TABLE %s (id int PRIMARY KEY, a int REFERENCES %s (id))", name, t.name),
		fmt.Sprintf("CREATE TABLE %s AS SELECT id, 1 AS a FROM %s", name, t.name),
		fmt.Sprintf("CREATE TABLE %s (a int) INHERITS (%s)", name, t.name),
	})
	g.tables = append(g.tables, made)
	return s
}

func (g *generator) data(t *table) string {
	c := t.columns[len(t.columns)-1]
	return pick(g, []string{
		fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s IS NULL", t.name, c.name, value(c.typ, 6), c.name),
		fmt.Sprintf("UPDATE %s SET %s = %s", t.name, c.name, value(c.typ, 6)),
		fmt.Sprintf("DELETE FROM %s WHERE id = 2", t.name),
		fmt.Sprintf("INSERT INTO %s (id) VALUES (77)", t.name),
	})
}

func (g *generator) other(t *table) string {
	name := g.fresh("o")
	if len(g.drops) > 0 && g.chance(20) {
		return pick(g, g.drops)
	}
	return pick(g, []string{
		fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM %s", name, t.name),
		fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS SELECT id FROM %s", name, t.name),
		fmt.Sprintf("CREATE SEQUENCE %s", name),
		fmt.Sprintf("CREATE TYPE %s AS ENUM ('a')", name),
		fmt.Sprintf("COMMENT ON TABLE %s IS 'x'", t.name),
		fmt.Sprintf("ALTER TABLE %s SET (fillfactor = 80)", t.name),
		fmt.Sprintf("CREATE STATISTICS %s ON id, %s FROM %s", name, t.columns[len(t.columns)-1].name, t.name),
		fmt.Sprintf("GRANT SELECT ON %s TO clerk", t.name),
		fmt.Sprintf("ANALYZE %s", t.name),
		fmt.Sprintf("CREATE SCHEMA %s", name),
		fmt.Sprintf("ALTER TABLE %s REPLICA IDENTITY FULL", t.name),
		fmt.Sprintf("DROP TABLE %s", t.name),
		fmt.Sprintf("DROP TABLE %s", t.name),
		fmt.Sprintf("DROP TRIGGER IF EXISTS %s ON %s", name, t.name),
		fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", t.name, name),
		fmt.Sprintf("DROP VIEW IF EXISTS %s", name),
		fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", t.name, pick(g, t.columns).name),
		fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s int GENERATED ALWAYS AS (id) STORED", t.name, name),
		fmt.Sprintf("TRUNCATE %s", t.name),
		fmt.Sprintf("ALTER TABLE %s RENAME TO %s", t.name, name),
	})
}
