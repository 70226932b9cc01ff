package oracle_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// TestAdviceIsSQL: what a finding advises to write can be read, once the reader has put something in the place of each ….
func TestAdviceIsSQL(t *testing.T) {
	cases, statements := load(t), 0
	for i := range cases {
		claim, err := oracle.Ask(&cases[i], policies.Input{})
		require.NoError(t, err)
		for _, e := range claim.Entries {
			for _, sql := range oracle.Advised(e.Instead) {
				statements++
				f, err := statement.Parse([]byte(oracle.Filled(sql)), statement.Postgres)
				require.NoError(t, err, "%s: %s: %s", cases[i].Path, e.Rule, sql)
				for _, s := range f.Statements {
					require.NotEqual(t, statement.Unparsable, s.Kind, "%s: %s: %s: %s", cases[i].Path, e.Rule, s.SQL, s.Message)
				}
			}
		}
	}
	require.Greater(t, statements, 500)
}

// TestAdviceRuns runs what is advised instead of a case's one statement, file by file. The rows may be in the way, and so may what
// the advice says has to go before, or what it leaves to the reader to make. Nothing else may.
func TestAdviceRuns(t *testing.T) {
	absent := regexp.MustCompile(`(?i)\bIF (NOT )?EXISTS\b`)
	cases := slices.DeleteFunc(load(t), func(c oracle.Case) bool {
		return len(c.Files) != 1 || c.Server != 15 || absent.Match(c.Files[0].Body) || shared.Match(c.Files[0].Body) || strings.Contains(c.Want, "refused:")
	})
	each(t, cases, func(t *testing.T, b *oracle.Bench, c *oracle.Case) {
		f, err := statement.Parse(c.Files[0].Body, statement.Postgres)
		if err != nil || len(f.Statements) != 1 || len(f.Statements[0].Commands) > 1 {
			return
		}
		claim, err := oracle.Ask(c, policies.Input{})
		require.NoError(t, err)
		for _, e := range claim.Entries {
			if list := oracle.Advised(e.Instead); len(list) > 0 {
				require.NoError(t, follow(t.Context(), b, c, e.Instead, list), "%s advises:\n%s", e.Rule, e.Instead)
			}
		}
	})
}

// follow does what an advice says, but for what it leaves open.
func follow(ctx context.Context, b *oracle.Bench, c *oracle.Case, advice string, list []string) error {
	m, err := b.Migrator(ctx)
	if err != nil {
		return err
	}
	err = b.Reset(ctx, m.Conn(), c.Schema)
	allowed := []string{"23502", "23503", "23505", "23514"}
	if strings.Contains(advice, "in statements before") {
		allowed = append(allowed, "2BP01")
	}
	for i := 0; i < len(list) && err == nil; i++ {
		if strings.Contains(list[i], "…") {
			allowed = append(allowed, "42P01", "42703", "42704")
			continue
		}
		err = m.Conn().Exec(ctx, list[i]).Close()
		var refusal *pgconn.PgError
		if errors.As(err, &refusal) && slices.Contains(allowed, refusal.Code) {
			err = nil
			break
		}
	}
	return errors.Join(err, m.Close(ctx))
}
