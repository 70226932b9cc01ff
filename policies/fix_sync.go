package policies

import (
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// sync is a column and the one that takes its place. While both versions run, a trigger copies what one writes to the other.
type sync struct {
	table    statement.Name
	old, new string
	from, to statement.Type
	typ      string // to, as SQL
	value    string // the new column's, over the table's columns
	taken    string // the same, over NEW
	back     string // the old column's, over NEW
	zone     string // that USING names, as SQL
	fails    bool   // some values of the old column have none in the new one
	retyped  bool
	dflt     string // of both, as SQL; "" = none
	function string // and the trigger
}

// create are the column, the function and the trigger: one transaction, so that no row is written between them.
func (m *sync) create(notes []string) []piece {
	out := []piece{{sql: m.sql("ALTER TABLE {table} ADD COLUMN {new} ") + m.typ, note: notes}}
	if m.dflt != "" {
		out = append(out, piece{sql: m.sql("ALTER TABLE {table} ALTER COLUMN {new} SET DEFAULT ") + m.dflt})
	}
	return append(out, piece{sql: m.createFunction()},
		piece{sql: m.sql("CREATE TRIGGER {index} BEFORE INSERT OR UPDATE OF {column}, {new} ON {table} FOR EACH ROW EXECUTE FUNCTION ") + m.functionName() + "()"})
}

// backfill fills the rows that were there before the trigger.
func (m *sync) backfill() piece {
	note := []string{"Guarded, so it may be repeated. More rows than backfill.max_rows: take this file out, and let a job run it in small steps",
		"before the contract files run, which look whether it is done."}
	if m.fails {
		note = append(note, "It fails when there is a value that does not convert: mend the row, or the USING, first.")
	}
	return piece{sql: m.sql("UPDATE {table} SET {new} = ") + m.value + m.sql(" WHERE {new} IS NULL AND {column} IS NOT NULL"), data: true, note: note}
}

// drop takes away the old column, and what copied it, once nothing would be lost.
func (m *sync) drop() []piece {
	return []piece{{sql: m.sql("DROP TRIGGER {index} ON {table}"), late: true,
		require: m.sql("SELECT NOT EXISTS (SELECT FROM {table} WHERE {new} IS NULL AND {column} IS NOT NULL)"),
		note:    []string{"Each value of " + m.old + " must be in " + m.new + " before the column goes: there is no way back from here."}},
		{sql: "DROP FUNCTION " + m.functionName() + "()", late: true},
		{sql: m.sql("ALTER TABLE {table} DROP COLUMN {column}"), late: true}}
}

func (m *sync) sql(text string) string {
	return (&words{table: []statement.Name{m.table}, column: m.old, new: m.new, index: m.function}).sql(text)
}

func (m *sync) functionName() string {
	return nameList([]statement.Name{{Schema: m.table.Schema, Name: m.function}}, quote)
}

// createFunction writes the trigger's function. In an INSERT the side that is not at its default is the one that was written; in
// an UPDATE it is the side that changed, and the new one where both did.
func (m *sync) createFunction() string {
	old, fresh := "NEW."+quote(m.old), "NEW."+quote(m.new)
	taken, declare, convert := old, "", ""
	if m.retyped {
		taken, declare = "converted", "    converted "+m.typ+"; -- what "+quote(m.old)+" is in the new type\n"
		convert = "    converted := " + m.taken + ";\n"
	}
	if m.fails {
		convert = "    BEGIN\n    " + convert + "    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN\n" +
			"        converted := NULL; -- the old version may write what it always could; the contract waits until the row is mended\n    END;\n"
	}
	omitted := fresh + " IS NULL"
	if m.dflt != "" {
		declare += "    untouched " + m.typ + " := " + m.dflt + "; -- a statement that does not name the column\n"
		omitted = same(m.to, fresh, "untouched")
	}
	if declare != "" {
		declare = "DECLARE\n" + declare
	}
	give := func(indent string) string { return indent + old + " := " + m.back + ";\n" }
	otherwise, changed := "        ELSE\n", give("        ")
	if m.retyped { // a value that the conversion made is not converted back: text 007 would become 7
		otherwise = "        ELSIF " + differs(m.to, fresh, "converted") + " THEN\n"
		changed = "        IF " + differs(m.to, fresh, "converted") + " THEN\n" + give("            ") + "        END IF;\n"
	}
	body := declare + "BEGIN\n" + convert +
		"    IF TG_OP = 'INSERT' THEN\n        IF " + omitted + " THEN\n            " + fresh + " := " + taken + ";\n" + otherwise + give("            ") + "        END IF;\n" +
		"    ELSIF " + differs(m.to, fresh, strings.Replace(fresh, "NEW", "OLD", 1)) + " THEN\n" + changed +
		"    ELSIF " + differs(m.from, old, strings.Replace(old, "NEW", "OLD", 1)) + " THEN\n        " + fresh + " := " + taken + ";\n    END IF;\n" +
		"    RETURN NEW;\nEND\n"
	tag := "$sync$"
	for i := 2; strings.Contains(body, tag); i++ {
		tag = "$sync" + strconv.Itoa(i) + "$"
	}
	path := ""
	if declare != "" && (userDefined(m.from) || userDefined(m.to)) {
		path = " SET search_path FROM CURRENT" // the body names a type, and whoever writes a row may look elsewhere
	}
	return "CREATE FUNCTION " + m.functionName() + "() RETURNS trigger LANGUAGE plpgsql" + path + " AS " + tag + "\n" + body + tag
}

// differs compares two values of a type, NULL as a value. Where two values may be equal and not the same (1.0 and 1.00), or
// where the type has no = (json), the bytes are compared.
func differs(t statement.Type, a, b string) string {
	if byValue(t) {
		return a + " IS DISTINCT FROM " + b
	}
	return "record_image_ne(ROW(" + a + "), ROW(" + b + "))" // as an operator, ROW would be taken apart
}

func same(t statement.Type, a, b string) string {
	if byValue(t) {
		return a + " IS NOT DISTINCT FROM " + b
	}
	return "record_image_eq(ROW(" + a + "), ROW(" + b + "))"
}

func byValue(t statement.Type) bool {
	if t.Array || t.Schema != "" {
		return false
	}
	switch t.Name {
	case "bool", "int2", "int4", "int8", "text", "varchar", "uuid", "date", "timestamp", "timestamptz", "bytea":
		return true
	}
	return false
}

// total says whether every value of a type has one in the other.
func total(from, to statement.Type) bool {
	if from.Array || to.Array || userDefined(from) || userDefined(to) {
		return false
	}
	ladder := map[string]int{"int2": 1, "int4": 2, "int8": 3, "float4": 4, "float8": 5}
	switch {
	case to.Name == "text", to.Name == "varchar" && len(to.Mods) == 0:
		return true
	case to.Name == "numeric" && len(to.Mods) == 0:
		return ladder[from.Name] > 0 && ladder[from.Name] < 4 || from.Name == "numeric"
	}
	return ladder[from.Name] > 0 && ladder[from.Name] <= ladder[to.Name]
}
