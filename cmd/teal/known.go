package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"teal.dev/teal/internal/config"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/policies"
)

// known is what a database at hand tells the gate.
type known struct {
	facts  postgres.Facts
	schema postgres.Schema
	ledger []migrate.Row // of the app; where none was named, of the only one that the database knows
	apps   []string      // whose ledgers it holds, where that does not say which one is meant
}

// look reads a database. Nothing is written to it.
func look(ctx context.Context, db *postgres.Database) (*known, error) {
	facts, err := db.Facts(ctx)
	if err != nil {
		return nil, err
	}
	schema, err := db.Schema(ctx)
	if err != nil {
		return nil, err
	}
	return &known{facts: facts, schema: schema}, nil
}

// lookInto reads the database of an address, which may be a reference: env:NAME or file:/path.
func lookInto(ctx context.Context, address, app string) (*known, error) {
	url, err := config.Resolve(ctx, address)
	if err != nil {
		return nil, failf(exitUsage, "%v", err)
	}
	db, err := postgres.Open(postgres.Config{App: cmp.Or(app, "check"), URL: url})
	if err != nil {
		return nil, failf(exitUsage, "%v", againstErr(err))
	}
	k, err := look(ctx, db)
	if err == nil {
		err = k.readLedger(ctx, db, url, app)
	}
	if err != nil {
		return nil, hinted(failf(exitFailed, "%v", againstErr(err)), "see that the address of --against is right and its role may connect")
	}
	return k, nil
}

// againstErr speaks of the flag where the driver, which serves the daemon, speaks of the app's config.
func againstErr(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), "database.url", "--against"))
}

// readLedger reads what teal knows of the app in this database. Without a name it is the only app there.
func (k *known) readLedger(ctx context.Context, db *postgres.Database, url, app string) error {
	apps, err := db.Apps(ctx)
	switch {
	case err != nil:
		return err
	case app == "" && len(apps) == 1:
		if db, err = postgres.Open(postgres.Config{App: apps[0], URL: url}); err != nil {
			return err
		}
	case !slices.Contains(apps, app):
		k.apps = apps
		return nil
	}
	k.ledger, err = db.Ledger(ctx)
	return err
}

// into puts what is known into the gate's input.
func (k *known) into(in *policies.Input) {
	in.Server, in.Schema = k.schema.Server, []byte(k.schema.SQL)
	in.Invalid, in.Functions = k.schema.Invalid, k.schema.Functions
	in.Rows, in.Tables = make(map[string]int64, len(k.facts.Tables)), make(map[string][]string, len(k.facts.Tables))
	for name, t := range k.facts.Tables {
		name = strings.TrimPrefix(name, k.schema.Home+".")
		in.Rows[name], in.Tables[name] = rowsOf(t), slices.Sorted(maps.Keys(t.Columns))
	}
}

// rowsOf is the planner's estimate, or -1 where there is none. Before PostgreSQL 14 a table that was never counted says 0,
// and its size tells whether that can be.
func rowsOf(t postgres.Table) int64 {
	const small = 64 << 10
	if t.Rows <= 0 && t.Bytes > small {
		return -1
	}
	if t.Rows < 0 {
		return 0 // never counted, and so small that it hardly has a row
	}
	return t.Rows
}

// applied says whether the database has run a file: by the ledger, else by the version of its track.
func (k *known) applied(f *policies.File) bool {
	number := numberOf(f.Path)
	if len(k.ledger) > 0 {
		return slices.ContainsFunc(k.ledger, func(r migrate.Row) bool { return r.Number == number && r.Done() })
	}
	if policies.PhaseOf(f.Path, f.Phase, f.Body) == policies.PhaseContract {
		return number > 0 && number <= k.schema.Contract
	}
	return number > 0 && number <= k.schema.Expand
}
