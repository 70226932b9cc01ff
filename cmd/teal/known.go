package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	app    string        // whose ledger it is
	note   string        // why there is none that a person might expect
	// guessed says that nobody named the app.
	guessed bool
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
		hint := "see that the address of --against is right and its role may connect"
		if postgres.Forbidden(err) {
			hint = "it connected; give its role the right that is missing, such as GRANT SELECT ON that table, or take another role"
		}
		return nil, hinted(failf(exitFailed, "%v", againstErr(err)), hint)
	}
	return k, nil
}

// againstErr speaks of the flag where the driver, which serves the daemon, speaks of the app's config.
func againstErr(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), "database.url", "--against"))
}

// readLedger reads what teal knows of the app in this database. Without a name it is the only app there. Where the role may not
// read it, the version tables alone say what has run.
func (k *known) readLedger(ctx context.Context, db *postgres.Database, url, app string) error {
	apps, err := db.Apps(ctx)
	switch {
	case postgres.Forbidden(err):
		k.note = "the role of --against may not read teal's ledger, so checksums, order and missing files are not compared (GRANT SELECT ON teal_ledger)"
		return nil
	case err != nil:
		return err
	case app == "" && len(apps) == 1:
		app, k.guessed = apps[0], true
		if db, err = postgres.Open(postgres.Config{App: app, URL: url}); err != nil {
			return err
		}
	case len(apps) > 0 && !slices.Contains(apps, app):
		k.note = fmt.Sprintf("the ledger of this database is about %s; --app says which one is meant, and then the folder is compared with it", strings.Join(apps, ", "))
		return nil
	}
	k.app = app
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

// tell says on stderr whose ledger the files are compared with, or why with none.
func (k *known) tell(io stdio, folders []*judged) {
	if k.schema.Dirty {
		fmt.Fprintln(io.err, "note: the version of this database is dirty: a tool failed in the middle of a file, and what that file has changed is not known")
	}
	switch {
	case len(k.ledger) == 0 && k.schema.Expand == 0 && k.schema.Contract == 0:
		fmt.Fprintf(io.err, "note: this database has run no migration that teal can see (schema_migrations in %s), so no file counts as applied; see that --against names the right database and schema, or give --applied N\n", plain(k.schema.Home))
	case k.note != "":
		fmt.Fprintf(io.err, "note: %s\n", plain(k.note))
	case len(k.ledger) > 0 && len(folders) > 1:
		fmt.Fprintf(io.err, "note: several folders are not compared with the ledger of %s; name one of them\n", plain(k.app))
	case len(k.ledger) > 0 && k.guessed:
		fmt.Fprintf(io.err, "note: compared with the ledger of %s, the only app that this database knows; --app says another\n", plain(k.app))
	}
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
