package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/statement"
)

// TestSchemaReadsBack: the SQL that Schema writes is read without a statement that nobody understands, and it makes the
// same schema again.
func TestSchemaReadsBack(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	exec(t, conn, `CREATE SCHEMA audit;
		CREATE TYPE mood AS ENUM ('sad', 'it''s');
		CREATE DOMAIN stars AS int NOT NULL CHECK (VALUE < 6);
		CREATE TABLE "Person" ("Id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(20) COLLATE "C" NOT NULL DEFAULT 'x', m mood, s stars);
		CREATE TABLE audit.note (id serial PRIMARY KEY, body text, n numeric(5,2)[], size int GENERATED ALWAYS AS (length(body)) STORED, person bigint REFERENCES "Person");
		ALTER TABLE audit.note ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
		CREATE UNIQUE INDEX note_body ON audit.note (lower(body)) WHERE body IS NOT NULL;
		CREATE TABLE log (n int NOT NULL) PARTITION BY RANGE (n);
		CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (2);
		CREATE TABLE log_0 PARTITION OF log DEFAULT;
		CREATE VIEW people AS SELECT name FROM "Person";
		CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM audit.note;
		CREATE TABLE nothing ();
		CREATE FUNCTION audit.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER touch BEFORE UPDATE OF m ON "Person" FOR EACH ROW WHEN (OLD.m IS DISTINCT FROM NEW.m) EXECUTE FUNCTION audit.touch();
		CREATE TRIGGER rows AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION audit.touch();
		CREATE TYPE pair AS (a int, "B" text[]);
		CREATE DOMAIN few AS stars DEFAULT 3;
		CREATE EXTENSION citext;
		CREATE TABLE sorted (c text COLLATE "C" NOT NULL, p pair, f few);
		CREATE TABLE heir (c text COLLATE "C" NOT NULL, p pair, f few, more int);
		ALTER TABLE heir INHERIT sorted;
		CREATE STATISTICS both_of ON c, f FROM sorted;
		CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER "On" BEFORE UPDATE OF c ON sorted FOR EACH ROW EXECUTE FUNCTION touch();
		CREATE TRIGGER off AFTER INSERT ON audit.note FOR EACH ROW EXECUTE FUNCTION touch();
		ALTER TABLE audit.note DISABLE TRIGGER off;
		CREATE TRIGGER routed AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION touch();
		CREATE RULE kept AS ON DELETE TO sorted DO INSTEAD NOTHING;
		ALTER TABLE sorted ENABLE ROW LEVEL SECURITY; ALTER TABLE audit.note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
		CREATE POLICY "Own" ON sorted AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (c = current_user) WITH CHECK (c IN (SELECT body FROM audit.note WHERE note.body = sorted.c));
		CREATE FUNCTION audit.bodies(n int DEFAULT 1) RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT body FROM audit.note; END;
		CREATE PROCEDURE "Clear"() LANGUAGE sql BEGIN ATOMIC DELETE FROM audit.note WHERE body = ';'; DELETE FROM sorted; END;
		CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1;
		CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
		CREATE PUBLICATION pub FOR TABLE sorted (c, "f") WHERE (c > 'a'), audit.note, log;
		CREATE INDEX broken ON sorted (f);
		UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
		CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (7, false)`)
	schema, err := open(t, dsn).Schema(t.Context())
	require.NoError(t, err)
	require.Equal(t, 15, schema.Server)
	require.Equal(t, uint64(7), schema.Expand)
	require.Zero(t, schema.Contract)
	f, err := statement.Parse([]byte(schema.SQL), statement.Postgres)
	require.NoError(t, err)
	for _, s := range f.Statements {
		require.NotContains(t, []statement.Kind{statement.Unparsable, statement.Opaque}, s.Kind, "%s: %s", s.SQL, s.Message)
	}
	require.NotContains(t, schema.SQL, "schema_migrations")
	require.Contains(t, schema.SQL, `ALTER TABLE audit.note ADD CONSTRAINT positive CHECK ((id > 0)) NOT VALID;`)
	require.Contains(t, schema.SQL, "CREATE PUBLICATION pub FOR TABLE ONLY heir (c, f), ONLY sorted (c, f);")
	require.NotContains(t, schema.SQL, "two()")

	require.Equal(t, []string{"broken"}, schema.Invalid)
	require.Subset(t, schema.Functions, []string{"touch", "lower", "citext"})
	require.NotContains(t, schema.SQL, "broken")

	again := labtest.Postgres(t)
	other := outside(t, again)
	exec(t, other, `CREATE SCHEMA audit; CREATE FUNCTION audit.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';`+schema.SQL)
	second, err := open(t, again).Schema(t.Context())
	require.NoError(t, err)
	require.Equal(t, schema.SQL, second.SQL)
}
