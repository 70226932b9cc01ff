package oracle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/policies"
)

// Look reads a case's schema from the server, as the daemon and teal check --against do, so that the gate can be asked with
// the database at hand as well.
func (b *Bench) Look(ctx context.Context, c *Case) (policies.Input, error) {
	key := "look\x00" + c.Schema
	if in, ok := b.known.Load(key); ok {
		return in.(policies.Input), nil
	}
	admin, err := b.connect(ctx, "", nil)
	if err != nil {
		return policies.Input{}, err
	}
	if err := errors.Join(b.Reset(ctx, admin, c.Schema), admin.Close(ctx)); err != nil {
		return policies.Input{}, err
	}
	db, err := postgres.Open(postgres.Config{App: "oracle", URL: b.config.ConnString()})
	if err != nil {
		return policies.Input{}, fmt.Errorf("open the database: %w", err)
	}
	schema, err := db.Schema(ctx)
	if err != nil {
		return policies.Input{}, fmt.Errorf("read the schema: %w", err)
	}
	facts, err := db.Facts(ctx)
	if err != nil {
		return policies.Input{}, fmt.Errorf("read the tables: %w", err)
	}
	in := policies.Input{Schema: []byte(schema.SQL), Invalid: schema.Invalid, Functions: schema.Functions, Tables: make(map[string][]string, len(facts.Tables))}
	for name, t := range facts.Tables {
		in.Tables[strings.TrimPrefix(name, schema.Home+".")] = slices.Sorted(maps.Keys(t.Columns))
	}
	b.known.Store(key, in)
	return in, nil
}
