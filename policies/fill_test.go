package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestInsteadIsSQL: what a finding says to write instead has the statement's own names, quoted as the database wants them.
func TestInsteadIsSQL(t *testing.T) {
	for _, c := range []struct{ sql, rule, want string }{
		{`ALTER TABLE "Note" ADD CHECK ("Stars" < 6)`, "add-check",
			`ALTER TABLE "Note" ADD CONSTRAINT "Note_Stars_check" CHECK ("Stars" < 6) NOT VALID;`},
		{`ALTER TABLE audit."Note" ADD UNIQUE ("Stars", n)`, "add-unique",
			`CREATE UNIQUE INDEX CONCURRENTLY "Note_Stars_n_key" ON audit."Note" ("Stars", n);`},
		{`ALTER TABLE "Note" ADD COLUMN "By" int REFERENCES "Person" ("Id") ON DELETE CASCADE`, "add-column-references",
			`ALTER TABLE "Note" ADD CONSTRAINT "Note_By_fkey" FOREIGN KEY ("By") REFERENCES "Person"("Id") ON DELETE CASCADE NOT VALID;`},
		{`ALTER TABLE note DROP COLUMN "order"`, "drop-column", `ALTER TABLE note DROP COLUMN "order";`},
		{`ALTER TABLE audit.note ALTER COLUMN "Body" SET NOT NULL`, "set-not-null",
			`ALTER TABLE audit.note ADD CONSTRAINT "note_Body_nn" CHECK ("Body" IS NOT NULL) NOT VALID;`},
		{`ALTER TABLE note ADD COLUMN token uuid DEFAULT gen_random_uuid()`, "add-column-volatile-default",
			`ALTER TABLE note ALTER COLUMN token SET DEFAULT gen_random_uuid();`},
		{`CREATE INDEX "Note n" ON "Note" ("N")`, "create-index", `CREATE INDEX CONCURRENTLY "Note n" ON "Note" ("N");`},
		{`DROP TABLE "Note", audit.note`, "drop-table", `DROP TABLE "Note", audit.note;`},
		{`ALTER TYPE "Mood" RENAME VALUE 'sad' TO 'it''s'`, "rename-enum-value", `ALTER TYPE "Mood" ADD VALUE 'it''s';`},
	} {
		found := entries(run(t, policies.Example{SQL: c.sql}), c.rule)
		require.NotEmpty(t, found, c.sql)
		require.Contains(t, found[0].Instead, c.want)
		require.NotContains(t, found[0].Instead, "{")
	}
}
