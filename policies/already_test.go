package policies_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestWhatStandsAlready: an existing object changes what a statement means. Every line is confirmed by a server in
// testdata/oracle; here it is asked by the migrations alone and with a database at hand.
func TestWhatStandsAlready(t *testing.T) {
	const schema = `CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE note (id bigint NOT NULL, title varchar(20) NOT NULL, body text, n int DEFAULT 5, state varchar(9) DEFAULT 'new'::character varying, c text COLLATE "C");
ALTER TABLE note ADD CONSTRAINT note_title UNIQUE (title);
ALTER TABLE note ADD CONSTRAINT positive CHECK ((n > 0));
CREATE INDEX note_n ON note USING btree (n);
CREATE INDEX note_n2 ON note USING btree (n);
CREATE UNIQUE INDEX twin ON note (title);
CREATE UNIQUE INDEX ids ON note (id);
CREATE UNIQUE INDEX partly ON note (body) WHERE n > 1;
CREATE VIEW bodies AS SELECT body FROM note;
CREATE TRIGGER touch BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE note DISABLE TRIGGER touch;
CREATE TABLE old (a int);
CREATE TABLE kid (title varchar(20)) INHERITS (old);
CREATE TABLE log (id int, p bigint) PARTITION BY RANGE (id);
CREATE TABLE log_0 PARTITION OF log DEFAULT;`
	for _, c := range []struct {
		sql  string
		want policies.Compatibility
	}{
		{"ALTER TABLE note ALTER COLUMN body DROP NOT NULL", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN title DROP NOT NULL", policies.Depends},
		{"ALTER TABLE old ALTER COLUMN a DROP NOT NULL", policies.Depends}, // an heir may be NOT NULL
		{"ALTER TABLE note ALTER COLUMN title SET NOT NULL", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN title SET NOT NULL, DROP CONSTRAINT positive", policies.Contract}, // drops run first
		{"ALTER TABLE note ALTER COLUMN body DROP DEFAULT", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN n SET DEFAULT 5", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN state SET DEFAULT 'new'", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN state SET DEFAULT 'old'", policies.Depends},
		{"ALTER TABLE note ADD CONSTRAINT again UNIQUE (title, n)", policies.Expand},
		{"ALTER TABLE note ADD CONSTRAINT again UNIQUE (body)", policies.Depends}, // the index that stands is partial
		{"CREATE UNIQUE INDEX CONCURRENTLY again ON note (title)", policies.Expand},
		{"ALTER TABLE note ADD CONSTRAINT note_pkey PRIMARY KEY USING INDEX ids", policies.Expand},
		{"ALTER TABLE note DROP CONSTRAINT note_title", policies.Depends},
		{"DROP INDEX twin", policies.Depends},
		{"DROP INDEX ids", policies.Contract},
		{"DROP INDEX note_n", policies.Expand},
		{"ALTER TABLE note ADD CONSTRAINT tt CHECK (title IS NOT NULL)", policies.Expand},
		{"ALTER TABLE note ADD CONSTRAINT positive2 CHECK (n > 0)", policies.Expand},
		{"ALTER TABLE note ADD CONSTRAINT above CHECK (n > 0)", policies.Depends}, // errors would tell the new name
		{"ALTER TABLE note ALTER COLUMN n TYPE int", policies.Expand},
		{"ALTER TABLE note ALTER COLUMN c TYPE text", policies.Depends}, // back to the default collation
		{"ALTER TABLE note ALTER COLUMN body TYPE varchar", policies.Never},
		{"ALTER TABLE note ADD COLUMN IF NOT EXISTS body int", policies.Never},
		{"CREATE INDEX IF NOT EXISTS note_n ON note (body)", policies.Never},
		{"DROP TRIGGER touch ON note", policies.Expand},
		{"ALTER TABLE note ENABLE TRIGGER touch", policies.Depends},
		{"ALTER TABLE note DISABLE ROW LEVEL SECURITY", policies.Expand},
		{"CREATE TABLE log_1 PARTITION OF log (CHECK (p > 0)) FOR VALUES FROM (1) TO (9)", policies.Depends},
		{"ALTER TABLE log ADD FOREIGN KEY (p) REFERENCES note (id) NOT VALID", policies.Never},
	} {
		applied := policies.Input{Policy: set(t), Server: 15, Files: []policies.File{{Path: "0001_before.up.sql", Applied: true, Body: []byte(schema)}, {Path: "0002_x.up.sql", Body: []byte(c.sql)}}}
		read := applied
		read.Schema = []byte(schema)
		for _, in := range []policies.Input{applied, read} {
			r := policies.Check(in)
			require.Equal(t, c.want, r.Files[0].Statements[0].Compatibility, "%s: %s", c.sql, r.Text())
		}
	}
}

// TestWhatOnlyADatabaseTells: invalid indexes, the names of all functions, and that something is not there.
func TestWhatOnlyADatabaseTells(t *testing.T) {
	in := policies.Input{Policy: set(t), Server: 15, Schema: []byte("CREATE EXTENSION citext;\nCREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE note (n int);\nCREATE INDEX note_n ON note (n);"), Functions: []string{"lower", "slugify"},
		Tables: map[string][]string{"note": {"n"}}, Invalid: []string{"broken", "audit.broken2"}}
	for _, c := range []struct {
		sql  string
		want policies.Compatibility
	}{
		{"CREATE INDEX CONCURRENTLY IF NOT EXISTS broken ON note (n)", policies.Never},
		{"CREATE INDEX CONCURRENTLY IF NOT EXISTS note_n ON note (n)", policies.Expand},
		{"DROP INDEX CONCURRENTLY broken", policies.Depends},
		{"DROP INDEX CONCURRENTLY audit.broken2", policies.Depends},
		{"DROP INDEX CONCURRENTLY whatever", policies.Never},
		{"DROP INDEX CONCURRENTLY IF EXISTS whatever", policies.Expand},
		{"CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'", policies.Expand},
		{"CREATE OR REPLACE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'", policies.Expand},
		{"CREATE FUNCTION slugify(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", policies.Depends},
		{"CREATE FUNCTION note(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", policies.Depends}, // a row type is called like a function
		{"ALTER TABLE note ADD COLUMN IF NOT EXISTS n int", policies.Expand},
		{"CREATE EXTENSION IF NOT EXISTS citext", policies.Expand},
		{"CREATE EXTENSION IF NOT EXISTS hstore", policies.Depends},
		{"ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'", policies.Expand},
		{"ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad'", policies.Depends},
		{"DROP TABLE IF EXISTS nothing", policies.Expand},
		{"DROP TABLE IF EXISTS note", policies.Contract},
		{"ALTER TABLE note DROP COLUMN IF EXISTS nothing", policies.Expand},
		{"ALTER TABLE note DROP COLUMN nothing", policies.Never},
		{"ALTER TABLE note VALIDATE CONSTRAINT nothing", policies.Never},
		{"ALTER TABLE note DROP CONSTRAINT IF EXISTS nothing", policies.Expand},
		{"ALTER TABLE IF EXISTS nothing DROP COLUMN a", policies.Expand},
		{"ALTER TABLE nothing DROP COLUMN a", policies.Never},
		{"DROP EXTENSION IF EXISTS hstore", policies.Expand},
		{"DROP EXTENSION IF EXISTS plpgsql", policies.Contract},
		{"DROP FUNCTION IF EXISTS nothing()", policies.Expand},
		{"DROP VIEW IF EXISTS nothing CASCADE", policies.Expand},
		{"DROP TYPE IF EXISTS nothing", policies.Never}, // nobody reads range types
	} {
		in.Files = []policies.File{{Path: "0002_x.up.sql", Body: []byte(c.sql)}}
		r := policies.Check(in)
		require.Equal(t, c.want, r.Files[0].Statements[0].Compatibility, "%s: %s", c.sql, r.Text())
	}
}

// TestTemporaryIsNoOther: a temporary table stands before the real one of its name only where no schema is written.
func TestTemporaryIsNoOther(t *testing.T) {
	for sql, want := range map[string]policies.Compatibility{
		"CREATE TEMP TABLE note AS SELECT 1 AS a;\nDROP TABLE note":                    policies.Expand,
		"CREATE TEMP TABLE note AS SELECT 1 AS a;\nDROP TABLE public.note":             policies.Contract,
		"CREATE TEMP TABLE note AS SELECT 1 AS a;\nDROP TABLE note;\nDROP TABLE note":  policies.Contract,
		"CREATE TEMP TABLE a (b int);\nALTER TABLE a RENAME TO note;\nDROP TABLE note": policies.Expand,
		"SELECT 1 AS a INTO TEMP note;\nDROP TABLE public.note":                        policies.Contract,
		"CREATE TEMP VIEW note AS SELECT 1;\nDROP VIEW public.note":                    policies.Never,
		"CREATE TEMP SEQUENCE note;\nDROP SEQUENCE public.note":                        policies.Never,
	} {
		r := policies.Check(policies.Input{Policy: set(t), Files: []policies.File{{Path: "0001_a.up.sql", Applied: true, Body: []byte("CREATE TABLE note (n int);")}, {Path: "0002_x.up.sql", Body: []byte(sql)}}})
		worst := policies.Expand
		for _, e := range r.Files[0].Statements {
			if e.Compatibility == policies.Contract || e.Compatibility == policies.Never && strings.HasPrefix(e.Rule, "drop-") { // the real one is a table
				worst = e.Compatibility
			}
		}
		require.Equal(t, want, worst, "%s: %s", sql, r.Text())
	}
}

// TestLongReadsAreTold: what takes hours on a huge table is said, with the number of rows, though it keeps nobody waiting.
func TestLongReadsAreTold(t *testing.T) {
	in := policies.Input{Policy: set(t), Server: 15, Schema: []byte("CREATE TABLE note (n int);\nALTER TABLE note ADD CONSTRAINT positive CHECK ((n > 0)) NOT VALID;"),
		Files: []policies.File{{Path: "0002_x.up.sql", Body: []byte("ALTER TABLE note VALIDATE CONSTRAINT positive")}}}
	for rows, want := range map[int64]policies.Action{10: policies.Allow, 100_000_000: policies.Allow, 1_000_000_000: policies.Warn} {
		in.Rows = map[string]int64{"note": rows}
		e := entries(policies.Check(in), "validate-constraint")[0]
		require.Equal(t, want, e.Decision, "%d rows", rows)
		if want == policies.Warn {
			require.Contains(t, e.Why, "note has about 1,000,000,000 rows")
		}
	}
}
