package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

const fixSchema = "CREATE TABLE person (id bigint PRIMARY KEY);\nCREATE TABLE note (id bigint PRIMARY KEY, title varchar(20) NOT NULL, body text, n int, \"N\" bigint, CONSTRAINT note_title UNIQUE (title));\n" +
	"CREATE INDEX note_n ON note (n);\nCREATE UNIQUE INDEX note_big ON note (\"N\");\nCREATE VIEW titles AS SELECT title FROM note;\nCREATE TABLE \"Odd\" (id bigint);\n"

// fixed is a refused file and the bodies of the files that take its place; a contract begins with its directive.
func fixed() []struct{ sql, want string } {
	return []struct{ sql, want string }{
		{"CREATE INDEX note_body ON note (body)", "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
		{"create index if not exists note_x on note using gin (to_tsvector('english', body)) where n > 0", "create index CONCURRENTLY note_x on note using gin (to_tsvector('english', body)) where n > 0;"},
		{"CREATE UNIQUE INDEX note_body ON note (body)", "CREATE UNIQUE INDEX CONCURRENTLY note_body ON note (body);"},
		{"ALTER TABLE note ADD COLUMN m int;\nCREATE INDEX CONCURRENTLY note_m ON note (m)", "ALTER TABLE note ADD COLUMN m int;|CREATE INDEX CONCURRENTLY note_m ON note (m);"},
		{"DROP INDEX note_n, note_big", "-- teal:contract DROP INDEX CONCURRENTLY note_n;|-- teal:contract DROP INDEX CONCURRENTLY note_big;"},
		{"REINDEX TABLE note", "REINDEX TABLE CONCURRENTLY note;"},
		{"ALTER TABLE note ADD COLUMN m int;\nALTER TABLE note DROP COLUMN n", "ALTER TABLE note ADD COLUMN m int;|-- teal:contract ALTER TABLE note DROP COLUMN n;"},
		{"ALTER TABLE note ADD COLUMN m int, DROP COLUMN n, ADD COLUMN o text DEFAULT 'x'",
			"ALTER TABLE note ADD COLUMN m INT; ALTER TABLE note ADD COLUMN o TEXT DEFAULT 'x';|-- teal:contract ALTER TABLE note DROP COLUMN n;"},
		{"BEGIN;\nDROP TABLE person;\nCOMMIT", "-- teal:contract DROP TABLE person;"},
		{"DROP VIEW titles", "-- teal:contract DROP VIEW titles;"},
		{"SET lock_timeout = '5s';\nALTER TABLE note ADD CHECK (\"N\" > 0)",
			"ALTER TABLE note ADD CONSTRAINT \"note_N_check\" CHECK (\"N\" > 0) NOT VALID;|ALTER TABLE note VALIDATE CONSTRAINT \"note_N_check\";"},
		{"ALTER TABLE \"Odd\" ADD CONSTRAINT \"By\" FOREIGN KEY (id) REFERENCES person (id) ON DELETE CASCADE",
			"ALTER TABLE \"Odd\" ADD CONSTRAINT \"By\" FOREIGN KEY (id) REFERENCES person(id) ON DELETE CASCADE NOT VALID;|ALTER TABLE \"Odd\" VALIDATE CONSTRAINT \"By\";"},
		{"ALTER TABLE note ADD CONSTRAINT note_n_body UNIQUE (\"N\", body)",
			"CREATE UNIQUE INDEX CONCURRENTLY note_n_body ON note (\"N\", body);|ALTER TABLE note ADD CONSTRAINT note_n_body UNIQUE USING INDEX note_n_body;"},
		{"ALTER TABLE note ALTER COLUMN body SET NOT NULL",
			"-- teal:contract ALTER TABLE note ADD CONSTRAINT note_body_nn CHECK (body IS NOT NULL) NOT VALID;|-- teal:contract ALTER TABLE note VALIDATE CONSTRAINT note_body_nn;|" +
				"-- teal:contract ALTER TABLE note ALTER COLUMN body SET NOT NULL; ALTER TABLE note DROP CONSTRAINT note_body_nn;"},
		{"ALTER TABLE note ADD COLUMN token uuid DEFAULT gen_random_uuid()",
			"ALTER TABLE note ADD COLUMN token uuid; ALTER TABLE note ALTER COLUMN token SET DEFAULT gen_random_uuid();|UPDATE note SET token = gen_random_uuid() WHERE token IS NULL;"},
		{"ALTER TABLE note ADD COLUMN stars int DEFAULT 1 CHECK (stars < 6)",
			"ALTER TABLE note ADD COLUMN stars int DEFAULT 1; ALTER TABLE note ADD CONSTRAINT note_stars_check CHECK (stars < 6) NOT VALID;|ALTER TABLE note VALIDATE CONSTRAINT note_stars_check;"},
		{"ALTER TABLE note ADD COLUMN by bigint DEFAULT 1 REFERENCES person (id)",
			"ALTER TABLE note ADD COLUMN by bigint DEFAULT 1; ALTER TABLE note ADD CONSTRAINT note_by_fkey FOREIGN KEY (by) REFERENCES person(id) NOT VALID;|ALTER TABLE note VALIDATE CONSTRAINT note_by_fkey;"},
		{"ALTER TABLE note ADD COLUMN slug text UNIQUE",
			"ALTER TABLE note ADD COLUMN slug text;|CREATE UNIQUE INDEX CONCURRENTLY note_slug_key ON note (slug);|ALTER TABLE note ADD CONSTRAINT note_slug_key UNIQUE USING INDEX note_slug_key;"},
		{"ALTER TABLE note ADD COLUMN m int NOT NULL",
			"ALTER TABLE note ADD COLUMN m int;|-- teal:contract -- teal:require SELECT NOT EXISTS (SELECT FROM note WHERE m IS NULL) ALTER TABLE note ADD CONSTRAINT note_m_nn CHECK (m IS NOT NULL) NOT VALID;|" +
				"-- teal:contract ALTER TABLE note VALIDATE CONSTRAINT note_m_nn;|-- teal:contract ALTER TABLE note ALTER COLUMN m SET NOT NULL; ALTER TABLE note DROP CONSTRAINT note_m_nn;"},
		{"ALTER TABLE \"Odd\" RENAME TO \"order\"", "ALTER TABLE \"Odd\" RENAME TO \"order\"; CREATE VIEW \"Odd\" AS SELECT * FROM \"order\";|-- teal:contract DROP VIEW \"Odd\";"},
		{"ALTER TABLE note ADD COLUMN c text;\nUPDATE note SET c = body WHERE c IS NULL", "ALTER TABLE note ADD COLUMN c text;|UPDATE note SET c = body WHERE c IS NULL;"},
		{"ALTER TABLE note ADD CONSTRAINT pos CHECK (n > 0) NOT VALID;\nALTER TABLE note VALIDATE CONSTRAINT pos",
			"ALTER TABLE note ADD CONSTRAINT pos CHECK (n > 0) NOT VALID;|ALTER TABLE note VALIDATE CONSTRAINT pos;"},
	}
}

func fixInput(t *testing.T, sql string, more ...policies.File) policies.Input {
	files := []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(fixSchema)}, {Path: "m/0007_b.up.sql", Body: []byte(sql)}}
	return policies.Input{Policy: set(t), App: "shop", Files: append(files, more...), Now: day("2026-11-23 12:00")}
}

// short is a body without its comments, on one line.
func short(body []byte) string {
	var out []string
	for _, l := range strings.Split(strings.TrimSpace(string(body)), "\n") {
		if !strings.HasPrefix(l, "--") || strings.HasPrefix(l, "-- teal:") {
			out = append(out, l)
		}
	}
	return strings.Join(out, " ")
}

// TestFix: what is written in a refused file's place is what we expect, passes the gate, and runs on a real server.
func TestFix(t *testing.T) {
	dsn := labtest.Postgres(t)
	for _, c := range fixed() {
		t.Run(c.sql, func(t *testing.T) {
			in := fixInput(t, c.sql, policies.File{Path: "m/0041_other.up.sql", Body: []byte("CREATE TABLE other (id int);")})
			require.Equal(t, policies.Deny, policies.Check(in).Decision, "the file is not refused at all")
			split, err := policies.Fix(in, 1)
			require.NoError(t, err)
			bodies := []string{}
			for i, f := range split.Files {
				bodies = append(bodies, short(f.Body))
				require.Equal(t, fmt.Sprintf("m/%04d_b_%d.up.sql", 42+i, i+1), f.Path)
			}
			require.Equal(t, c.want, strings.Join(bodies, "|"))
			in.Files = append(slices.Delete(in.Files, 1, 2), split.Files...)
			require.NotEqual(t, policies.Deny, policies.Check(in).Decision)
			apply(t, dsn, split.Files)
		})
	}
}

// apply runs files as teal does: each in a transaction, but for a statement that cannot.
func apply(t *testing.T, dsn string, files []policies.File) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"+fixSchema)
	require.NoError(t, err)
	for _, f := range files {
		parsed, err := statement.Parse(f.Body, statement.Postgres)
		require.NoError(t, err)
		sql := ""
		for _, s := range parsed.Statements {
			sql += s.SQL + ";"
			require.True(t, s.Transactional() || len(parsed.Statements) == 1)
		}
		_, err = conn.Exec(t.Context(), strings.TrimSuffix(sql, ";"))
		require.NoError(t, err, sql)
	}
}

// TestFixRefuses: what teal cannot split it leaves alone and says why.
func TestFixRefuses(t *testing.T) {
	for sql, why := range map[string]string{
		"-- teal:require SELECT true\nCREATE INDEX i ON note (n)":             "-- teal:require",
		"SET search_path = audit;\nCREATE INDEX i ON note (n)":                "SET search_path changes",
		"ALTER TABLE note DROP COLUMN n;\nALTER TABLE note ADD COLUMN n text": "builds on the contract statement of line 1",
		"SELECT 'a": "",
		"ALTER TABLE note ADD CONSTRAINT u UNIQUE (n) DEFERRABLE":                       "add-unique: ",
		"DROP TABLE note CASCADE":                                                       "(teal explain drop-table-cascade)",
		"SAVEPOINT a;\nCREATE INDEX i ON note (n)":                                      "transaction-control",
		"ALTER TABLE note ADD COLUMN seq bigserial":                                     "teal explain add-column-serial shows what to write instead",
		"ALTER TABLE note ADD COLUMN seq bigint PRIMARY KEY":                            "a primary key needs a value in every row",
		"ALTER TABLE note ADD COLUMN c text COLLATE \"C\" NOT NULL":                     "the collation of c",
		"ALTER TABLE note ADD COLUMN IF NOT EXISTS c text NOT NULL":                     "leave IF NOT EXISTS out",
		"ALTER TABLE note ADD COLUMN c text NOT NULL UNIQUE DEFERRABLE":                 "without a lock",
		"-- teal:contract\nALTER TABLE note ADD COLUMN c text NOT NULL":                 "too late",
		"-- teal:contract\nALTER TABLE note RENAME COLUMN n TO m":                       "too late",
		"-- teal:contract\nALTER TABLE note RENAME TO remark":                           "too late",
		"ALTER TABLE note RENAME COLUMN id TO key":                                      "id is in the primary key note_pkey",
		"ALTER TABLE note RENAME COLUMN title TO head":                                  "the view titles reads title",
		"ALTER TABLE note RENAME COLUMN n TO body":                                      "has a column body already",
		"ALTER TABLE note RENAME COLUMN missing TO m":                                   "no file that teal has seen makes the column missing",
		"ALTER TABLE elsewhere RENAME COLUMN n TO m":                                    "has not seen the CREATE TABLE of elsewhere",
		"ALTER TABLE elsewhere RENAME TO m":                                             "has not seen the CREATE TABLE of elsewhere",
		"ALTER TABLE note RENAME COLUMN n TO \"a\nb\"":                                  "a line break",
		"ALTER TABLE note RENAME COLUMN n TO m;\nALTER TABLE note ALTER n SET NOT NULL": "line 2 says n too",
		"ALTER TABLE note ALTER n TYPE bigint, ALTER n SET NOT NULL":                    "in another way as well",
		"ALTER TABLE note ALTER body TYPE int USING length(body)":                       "does not know the way back",
		"ALTER TABLE note ALTER body TYPE text USING body || title":                     "is not computed from body alone",
		"ALTER TABLE note ALTER body TYPE timestamptz USING body::timestamptz":          "the time zone of each session",
		"ALTER TABLE note ALTER n TYPE text COLLATE \"C\" USING n::text":                "its collation",
		"ALTER VIEW titles RENAME COLUMN title TO head":                                 "rename-column: ",
	} {
		_, err := policies.Fix(fixInput(t, sql), 1)
		require.ErrorContains(t, err, why, sql)
	}
	for schema, why := range map[string]string{
		"CREATE TABLE note (id int, n int GENERATED ALWAYS AS (id * 2) STORED)":                                                  "n is generated",
		"CREATE TABLE note (n int, d int GENERATED ALWAYS AS (n * 2) STORED)":                                                    "the generated column d is computed from n",
		"CREATE TABLE note (id int, n bigserial)":                                                                                "a sequence that goes away with it",
		"CREATE TABLE note (id int, n int GENERATED BY DEFAULT AS IDENTITY)":                                                     "a sequence that goes away with it",
		"CREATE TABLE note (id int, n text COLLATE \"C\")":                                                                       "has a collation",
		"CREATE TABLE note (id int, n uuid DEFAULT gen_random_uuid())":                                                           "computed anew for each column",
		"CREATE TABLE note (id int, n int); ALTER TABLE note ALTER n SET STATISTICS 5":                                           "has SET STATISTICS set on it",
		"CREATE TABLE note (id int, n int) PARTITION BY RANGE (id)":                                                              "it is partitioned",
		"CREATE TABLE p (n int); CREATE TABLE note () INHERITS (p)":                                                              "it inherits from p",
		"CREATE TABLE note (n int); CREATE TABLE c () INHERITS (note)":                                                           "c inherits from it",
		"CREATE TABLE note AS SELECT 1 AS n":                                                                                     "does not say the types",
		"CREATE TABLE note (n int UNIQUE); CREATE TABLE c (n int REFERENCES note (n))":                                           "the foreign key c_n_fkey of c refers to n",
		"CREATE TABLE note (n int UNIQUE NULLS NOT DISTINCT)":                                                                    "without a lock",
		"CREATE TABLE note (n int4range, EXCLUDE USING gist (n WITH &&))":                                                        "without a lock",
		"CREATE TABLE note (k int UNIQUE); ALTER TABLE note RENAME k TO n":                                                       "was called k when",
		"CREATE TABLE note (n int NOT NULL CONSTRAINT u UNIQUE); ALTER TABLE note REPLICA IDENTITY USING INDEX u":                "is the replica identity",
		"CREATE TABLE note (n int NOT NULL); CREATE UNIQUE INDEX i ON note (n); ALTER TABLE note REPLICA IDENTITY USING INDEX i": "is the replica identity",
		"CREATE TABLE note (n int, k int); CREATE STATISTICS s ON n, k FROM note":                                                "teal does not copy it: CREATE STATISTICS",
		"CREATE TABLE note (n int); CREATE PUBLICATION p FOR TABLE note (n)":                                                     "teal does not copy it: CREATE PUBLICATION",
		"CREATE TABLE note (n int); CREATE RULE r AS ON DELETE TO note WHERE OLD.n = 1 DO INSTEAD NOTHING":                       "teal does not copy it: CREATE RULE",
		"CREATE TABLE note (n int); CREATE POLICY mine ON note USING (n = 1)":                                                    "teal does not copy it: CREATE POLICY mine",
		"CREATE TABLE note (n int); GRANT SELECT (n) ON note TO bob":                                                             "teal does not copy it: GRANT",
		"CREATE TABLE note (n int); DO $$ BEGIN ALTER TABLE note ALTER n SET DEFAULT 3; END $$":                                  "may have changed n",
		"CREATE TABLE note (n int); CREATE VIEW v AS SELECT * FROM note":                                                         "the view v reads n, or may",
		"CREATE TABLE note (n int); CREATE TRIGGER t BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION f()":                    "whose text teal has not seen",
		"CREATE TABLE note (n int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := 1; RETURN NEW; END'; CREATE TRIGGER t BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION f()": "which of two triggers",
	} {
		in := fixInput(t, "ALTER TABLE note RENAME COLUMN n TO m")
		in.Files[0].Body = []byte(schema)
		_, err := policies.Fix(in, 1)
		require.ErrorContains(t, err, why, schema)
	}
	for schema, why := range map[string]string{
		"CREATE TABLE note (n int); ALTER TABLE note ENABLE ROW LEVEL SECURITY": "has row security",
		"CREATE TABLE note (n int); GRANT SELECT ON note, other TO bob":         "gave rights on note and on others",
	} {
		in := fixInput(t, "ALTER TABLE note RENAME TO remark")
		in.Files[0].Body = []byte(schema)
		_, err := policies.Fix(in, 1)
		require.ErrorContains(t, err, why, schema)
	}
	in := fixInput(t, "ALTER TABLE note RENAME COLUMN n TO m")
	for schema, why := range map[string]string{ // as --against reads it, over files that say otherwise
		"CREATE TABLE note (n text COLLATE pg_catalog.\"C\")":                                                 "has a collation",
		"CREATE TABLE note (n int); CREATE TRIGGER t BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION f()": "whose text teal has not seen",
		"CREATE TABLE note (n int DEFAULT nextval('note_n_seq'::regclass))":                                   "computed anew",
		"CREATE TABLE note (n int); ALTER TABLE note ADD CONSTRAINT note_pkey PRIMARY KEY (n)":                "in the primary key note_pkey",
		"CREATE TABLE note (n int); CREATE VIEW titles AS  SELECT note.n\n   FROM note":                       "the view titles reads n",
	} {
		against := fixInput(t, "ALTER TABLE note RENAME COLUMN n TO m")
		against.Schema = []byte(schema)
		_, err := policies.Fix(against, 1)
		require.ErrorContains(t, err, why, schema)
	}
	site, err := policies.ParsePolicy("site.yaml", []byte("version: 1\nrules:\n  create-trigger: deny\n"))
	require.NoError(t, err)
	in.Policy = set(t, site)
	_, err = policies.Fix(in, 1)
	require.ErrorContains(t, err, "the split that teal knows has a statement that is denied too, by create-trigger: ")
}

// TestFixFolders: with the tracks in folders a contract goes into contract/, and the numbers stay one sequence.
func TestFixFolders(t *testing.T) {
	in := policies.Input{Policy: set(t), Files: []policies.File{{Path: "m/expand/007_b.up.sql", Body: []byte("ALTER TABLE note ADD COLUMN m int;\nALTER TABLE note DROP COLUMN n")},
		{Path: "m/contract/009_x.up.sql", Body: []byte("DROP TABLE other")}}}
	split, err := policies.Fix(in, 0)
	require.NoError(t, err)
	require.Equal(t, "m/expand/010_b_1.up.sql", split.Files[0].Path)
	require.Equal(t, "m/contract/011_b_2.up.sql", split.Files[1].Path)
	require.NotContains(t, string(split.Files[1].Body), "teal:contract")
}
