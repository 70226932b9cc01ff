package statement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

// TestNamed: which columns a definition names for certain, and which it may name. What is certain is what PostgreSQL 15.18
// keeps a column for.
func TestNamed(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE VIEW v AS SELECT a, b AS c FROM t WHERE d > 1":                                              "t.a t.b t.d |",
		"CREATE VIEW v AS SELECT x.a FROM t x JOIN s.u y ON x.id = y.t_id":                                  "s.u.t_id t.a t.id |",
		"CREATE VIEW v AS SELECT a FROM t, u":                                                               "| a",
		"CREATE VIEW v AS SELECT b AS a FROM t ORDER BY a":                                                  "t.b | a",
		"CREATE VIEW v AS SELECT * FROM t":                                                                  "t.* |",
		"CREATE VIEW v AS SELECT t.*, u.a FROM t JOIN u USING (k)":                                          "t.* t.k u.a u.k |",
		"CREATE VIEW v AS SELECT * FROM t NATURAL JOIN u":                                                   "t.* u.* | *",
		"CREATE VIEW v AS SELECT count(*), row_to_json(t.*) FROM t":                                         "|",
		"CREATE VIEW v AS SELECT x.a FROM (SELECT b AS a FROM t) x":                                         "| a b",
		"CREATE VIEW v AS SELECT t.a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.y)":                 "t.a t.y u.x |",
		"CREATE VIEW v AS SELECT t.a FROM t WHERE EXISTS (SELECT 1 FROM u t WHERE t.x = 1)":                 "| a x",
		"CREATE VIEW v AS WITH t AS (SELECT a FROM u) SELECT t.a FROM t":                                    "| a",
		"CREATE VIEW v AS SELECT a FROM t AS x (a, b)":                                                      "| a",
		"CREATE MATERIALIZED VIEW v AS SELECT max(a) FROM t GROUP BY b":                                     "t.a t.b |",
		"CREATE TRIGGER x BEFORE UPDATE OF a ON t WHEN (OLD.b IS DISTINCT FROM NEW.c) EXECUTE FUNCTION f()": "t.a t.b t.c |",
		"CREATE TRIGGER x BEFORE UPDATE ON t WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION f()":      "|",
		"CREATE RULE r AS ON UPDATE TO t WHERE NEW.a > 1 DO ALSO UPDATE u SET b = OLD.c WHERE u.d = NEW.e":  "t.a t.c t.e u.b u.d |",
		"CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO l (x) VALUES (NEW.a)":                          "l.x t.a |",
		"CREATE POLICY p ON t USING (a > 1) WITH CHECK (t.b > 1)":                                           "t.a t.b |",
		"CREATE POLICY p ON t USING (a IN (SELECT u.x FROM u WHERE u.y = t.b))":                             "t.b u.x u.y | a",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM t; END":                    "t.a |",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN (SELECT max(t.a) FROM t)":                      "t.a |",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM t'":                                 "|",
		"CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (b > 1), u":                                         "t.a t.b t.id |",
	} {
		f, err := statement.Parse([]byte(sql), statement.Postgres)
		require.NoError(t, err, sql)
		require.Len(t, f.Statements, 1, sql)
		s := f.Statements[0]
		require.Empty(t, s.Message, sql)
		var sure []string
		for _, n := range s.Named {
			sure = append(sure, fmt.Sprintf("%s.%s", n.Table, n.Column))
		}
		perhaps := slices.Clone(s.Reads)
		if s.Star {
			perhaps = append(perhaps, "*")
		}
		slices.Sort(sure)
		slices.Sort(perhaps)
		got := strings.TrimSpace(strings.Join(sure, " ") + " | " + strings.Join(perhaps, " "))
		require.Equal(t, strings.TrimSpace(want), got, sql)
	}
}
