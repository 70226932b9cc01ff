package policies

import (
	"strconv"

	"teal.dev/teal/migrate/statement"
)

// needs says which major version of PostgreSQL a statement or command wants, and for what; 0 where every version we know
// of will do.
func needs(s *Subject) (version int, what string) {
	switch s.Kind {
	case statement.Reindex:
		if s.Concurrently {
			return 12, "REINDEX CONCURRENTLY"
		}
	case statement.AddEnumValue:
		return 12, "ALTER TYPE … ADD VALUE inside a transaction"
	case statement.Merge:
		return 15, "MERGE"
	case statement.CreateTrigger:
		if s.Replace {
			return 14, "CREATE OR REPLACE TRIGGER"
		}
	case statement.CreateTable:
		for _, c := range s.Definition {
			if c.Generated {
				return 12, "a generated column"
			}
		}
	}
	if s.Command != nil {
		return commandNeeds(s.Command)
	}
	return 0, ""
}

func commandNeeds(c *statement.Command) (version int, what string) {
	switch c.Kind {
	case statement.AddColumn:
		if c.Column != nil && c.Column.Generated {
			return 12, "a generated column"
		}
	case statement.DropExpression:
		return 13, "DROP EXPRESSION"
	case statement.SetCompression:
		return 14, "SET COMPRESSION"
	case statement.DetachPartition:
		if c.Concurrently {
			return 14, "DETACH PARTITION … CONCURRENTLY"
		}
	case statement.SetAccessMethod:
		return 15, "SET ACCESS METHOD"
	case statement.SetExpression:
		return 17, "SET EXPRESSION"
	}
	return 0, ""
}

func newerPostgres() Rule {
	return Rule{
		ID: "newer-postgres", Title: "A statement that the server is too old for",
		Reason:        "the server would refuse it",
		Instead:       "write the older form, or update the server first",
		Compatibility: Never,
		Facts: []Fact{{"PostgreSQL 12+", "REINDEX CONCURRENTLY, generated columns, ALTER TYPE … ADD VALUE in a transaction"},
			{"PostgreSQL 13+", "DROP EXPRESSION"}, {"PostgreSQL 14+", "SET COMPRESSION, DETACH PARTITION … CONCURRENTLY, CREATE OR REPLACE TRIGGER"},
			{"PostgreSQL 15+", "MERGE, SET ACCESS METHOD"}, {"PostgreSQL 17+", "SET EXPRESSION"}},
		Match: func(s *Subject) bool {
			version, _ := needs(s)
			return s.World.older(version)
		},
		Refine: func(s *Subject, f *Finding) {
			version, what := needs(s)
			f.Why = what + " needs PostgreSQL " + strconv.Itoa(version) + "; the server is PostgreSQL " + strconv.Itoa(s.World.server)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET EXPRESSION AS (id + 1);", Server: 16},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET EXPRESSION AS (id + 1);", Server: 17},
	}
}
