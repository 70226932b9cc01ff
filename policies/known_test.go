package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestWithTheDatabaseAtHand: what the database has sharpens the verdicts that the migrations alone leave open.
func TestWithTheDatabaseAtHand(t *testing.T) {
	const schema = `CREATE TYPE public.mood AS ENUM ('sad');
CREATE TABLE public.person (id bigint NOT NULL);
CREATE TABLE public."Note" (id bigint NOT NULL, title character varying(20) NOT NULL, body text, m public.mood, person_id bigint);
ALTER TABLE public.person ADD CONSTRAINT person_pkey PRIMARY KEY (id);
ALTER TABLE public."Note" ADD CONSTRAINT title_short CHECK ((length(title) < 9));
ALTER TABLE public."Note" ADD CONSTRAINT body_nn CHECK ((body IS NOT NULL));
ALTER TABLE public."Note" ADD CONSTRAINT by FOREIGN KEY (person_id) REFERENCES public.person(id);
CREATE INDEX note_body ON public."Note" USING btree (body);`
	for _, c := range []struct{ sql, rule string }{
		{`ALTER TABLE "Note" ALTER COLUMN title TYPE varchar(40)`, "widen-column-type"},
		{`ALTER TABLE "Note" ALTER COLUMN title TYPE varchar(10)`, "alter-column-type"},
		{`ALTER TABLE "Note" DROP CONSTRAINT title_short`, "drop-check"},
		{`ALTER TABLE "Note" DROP CONSTRAINT by`, "drop-foreign-key"},
		{`DROP INDEX CONCURRENTLY note_body`, "drop-index"},
		{`ALTER TABLE person ADD COLUMN m mood`, "add-column"},
	} {
		in := policies.Input{Policy: set(t), App: "shop", Schema: []byte(schema), Server: 15, Now: day("2026-11-23 12:00"), Files: []policies.File{
			{Path: "0001_stale.up.sql", Applied: true, Body: []byte(`CREATE TABLE "Note" (title text);`)}, {Path: "0002_x.up.sql", Body: []byte(c.sql)}}}
		r := policies.Check(in)
		require.NotEmpty(t, entries(r, c.rule), "%s: %s", c.sql, r.Text())
	}
	narrower := policies.Input{Policy: set(t), Files: []policies.File{{Path: "0002_x.up.sql", Body: []byte(`ALTER TABLE "Note" ALTER COLUMN title TYPE varchar(10)`)}}}
	why := func() string { return entries(policies.Check(narrower), "alter-column-type")[0].Why }
	require.Contains(t, why(), "the old type is not in the migrations, so teal assumes a rewrite")
	narrower.Schema = []byte(schema)
	require.NotContains(t, why(), "assumes", "the database has told the type")
	narrower.Schema = []byte("CREATE TABLE other (id bigint);")
	require.Contains(t, why(), "teal does not know the old type, and assumes a rewrite", "it is not asked of the database again")
	in := policies.Input{Policy: set(t), Schema: []byte(schema), Files: []policies.File{
		{Path: "0002_x.up.sql", Phase: policies.PhaseContract, Body: []byte(`ALTER TABLE "Note" ALTER COLUMN body SET NOT NULL`)}}}
	for server, scans := range map[int]bool{0: false, 11: true, 12: false, 18: false} {
		in.Server = server
		r := policies.Check(in)
		require.Equal(t, scans, entries(r, "set-not-null")[0].Operation.Scan, "PostgreSQL %d", server)
	}
	in.Files[0].Body = []byte(`ALTER TABLE "Note" DROP CONSTRAINT by`)
	locks := entries(policies.Check(in), "drop-foreign-key")[0].Operation.Locks
	require.Contains(t, locks, policies.Lock{Object: "public.person", Level: policies.AccessExclusive})
}
