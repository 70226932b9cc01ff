package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// recover proves how files that were begun and not finished have ended. A file that ran in a transaction needs no proof:
// its ledger row is in the same transaction. No other session of teal is alive here.
func (r *run) recover(ctx context.Context, folder events.Folder) error {
	plan := migrate.NewPlan(folder, r.ledger, migrate.Options{First: true})
	for _, row := range r.ledger {
		if row.State != migrate.Started {
			continue
		}
		if err := r.settle(ctx, row, plan); err != nil {
			return err
		}
	}
	ledger, err := r.s.ledger(ctx, r.s, r.m.App)
	if err != nil {
		return err
	}
	r.ledger = ledger
	for _, track := range []migrate.Track{migrate.Expand, migrate.Contract} {
		version, dirty, err := r.s.version(ctx, r.s, r.d.versionTable(track))
		if err != nil {
			return fmt.Errorf("reading the version of the %s track: %w", track, err)
		}
		if dirty {
			return r.unproven(ctx, track, version, plan)
		}
	}
	return nil
}

// settle decides about one statement that was begun.
func (r *run) settle(ctx context.Context, row migrate.Row, plan migrate.Plan) error {
	files := append(slices.Clone(plan.Expand), plan.Contract...)
	i := slices.IndexFunc(files, func(f migrate.File) bool { return f.Number == row.Number })
	if i < 0 || files[i].Sum != row.Sum || len(files[i].Statements) != 1 {
		return fault(release.Unproven, "dirty", "number %d (%s) was begun by release %s, nobody has said how it ended, and this folder does not hold that file; look whether its change is in the database, then run the release that holds the file, or set the state of the row in %s", row.Number, row.Name, row.Release, ledgerTable)
	}
	f := files[i]
	var done release.Tri
	var evidence string
	err := r.patiently(ctx, f, func() (err error) {
		done, evidence, err = r.s.probe(ctx, f.Statements[0])
		return err
	})
	if err != nil {
		return failed(ctx, err, f, f.Statements[0])
	}
	r.d.config.Logger.Info("recovering a migration that was begun", "file", f.Name, "evidence", evidence)
	switch done {
	case release.Yes:
		return r.finish(ctx, f)
	case release.No:
		if err := r.unbegin(ctx, f.Track, f.Number); err != nil {
			return failed(ctx, err, f, f.Statements[0])
		}
		return nil
	}
	return fault(release.Unproven, "dirty", "%s was begun by release %s and how it ended cannot be proven: %s; look, then delete its row of %s (it will run again) or set its state to 'applied'", f.Name, row.Release, evidence, ledgerTable)
}

// unproven is the Fault of a dirty version row that no ledger row explains: the stock tool left it.
func (r *run) unproven(ctx context.Context, track migrate.Track, version int, plan migrate.Plan) error {
	table := r.d.versionTable(track)
	text := fmt.Sprintf("%s says %d, dirty, and the ledger does not know why: another tool ran it, and dirty means not applied, partly or wholly applied. The ledger's last on this track is %d; no session of teal is at work", table, version, migrate.Highest(r.ledger, track))
	files := append(slices.Clone(plan.Expand), plan.Contract...)
	if i := slices.IndexFunc(files, func(f migrate.File) bool { return int(f.Number) == version }); i >= 0 {
		text += "; " + files[i].Name + " names " + r.s.presence(ctx, files[i])
	}
	return fault(release.Unproven, "dirty", "%s. If nothing of it is there: migrate force %d, then teal resume %s; if all is: migrate force %d, then teal adopt %s", text, nilled(migrate.Highest(r.ledger, track)), r.m.App, version, r.m.App)
}

// presence says which of a file's relations are there.
func (s *session) presence(ctx context.Context, f migrate.File) string {
	names, _ := f.Relations()
	text := ""
	for _, n := range names {
		var there bool
		state := "unknown"
		if err := s.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, quoted(n)).Scan(&there); err == nil {
			state = map[bool]string{true: "there", false: "not there"}[there]
		}
		text += fmt.Sprintf("%s (%s) ", n, state)
	}
	return text
}

// consistent refuses a database whose version rows say something else than the ledger.
func (r *run) consistent(ctx context.Context) error {
	for _, track := range []migrate.Track{migrate.Expand, migrate.Contract} {
		version, _, err := r.s.version(ctx, r.s, r.d.versionTable(track))
		if err != nil {
			return err
		}
		if why := r.d.strange(r.ledger, track, version); why != "" {
			return fault(release.Unproven, "unknown_history", "%s", why)
		}
	}
	return nil
}

// strange explains a version row that contradicts the ledger.
func (d *Database) strange(ledger []migrate.Row, track migrate.Track, version int) string {
	highest := nilled(migrate.Highest(ledger, track))
	if version == highest {
		return ""
	}
	if len(ledger) == 0 {
		return fmt.Sprintf("%s says %d, but teal has never worked in this database; tell it what is there: teal adopt %s", d.versionTable(track), version, d.config.App)
	}
	return fmt.Sprintf("%s says %s, but teal's ledger says %s: another tool has changed it; put the version back with migrate force, or tell teal what is there: teal adopt %s", d.versionTable(track), numbered(version), numbered(highest), d.config.App)
}

func numbered(version int) string {
	if version < 0 {
		return "nothing"
	}
	return fmt.Sprint(version)
}

// probe says whether a statement that cannot run in a transaction has happened, from the catalogue, and removes what a
// broken one left. Unknown = it cannot be proven; the evidence says what was seen.
func (s *session) probe(ctx context.Context, st statement.Statement) (release.Tri, string, error) {
	switch st.Kind {
	case statement.CreateIndex:
		return s.probeIndex(ctx, st)
	case statement.DropIndex:
		var left int
		names := make([]string, len(st.Names))
		for i, n := range st.Names {
			names[i] = quoted(n)
		}
		err := s.QueryRow(ctx, `SELECT count(*) FROM unnest($1::text[]) n WHERE to_regclass(n) IS NOT NULL`, names).Scan(&left)
		if left > 0 {
			return release.No, "the index is still there", err
		}
		return release.Yes, "the index is gone", err
	case statement.Reindex:
		return release.No, "a REINDEX can be repeated", s.dropBroken(ctx, `c.relname ~ '_cc(new|old)[0-9]*$'`, "")
	case statement.Vacuum, statement.Cluster:
		return release.No, "it can be repeated", nil
	case statement.AlterTable:
		return s.probeDetach(ctx, st)
	}
	return release.Unknown, fmt.Sprintf("teal has no proof for a statement of kind %s", st.Kind), nil
}

// indexNow is indexDiffers outside of a file's transaction.
func (s *session) indexNow(ctx context.Context, st statement.Statement) (found bool, why string, err error) {
	err = pgx.BeginFunc(ctx, s, func(tx pgx.Tx) error {
		found, why, err = s.indexDiffers(ctx, tx, st)
		return err
	})
	return found, why, err
}

func (s *session) probeIndex(ctx context.Context, st statement.Statement) (release.Tri, string, error) {
	found, why, err := s.indexNow(ctx, st)
	switch {
	case err != nil:
		return release.Unknown, "", err
	case !found:
		return release.No, why, nil
	case why == "":
		return release.Yes, "the index is valid", nil
	}
	err = s.dropBroken(ctx, `c.relname = $2 AND i.indrelid = to_regclass($1)`, quoted(st.Table), st.Name.Name)
	if err != nil {
		return release.Unknown, "", err
	}
	if found, why, err = s.indexNow(ctx, st); found || err != nil {
		return release.Unknown, why, err
	}
	return release.No, "the index was invalid and has been dropped", nil
}

// dropBroken drops the invalid indexes that a condition finds. The condition's parameters begin at $1.
func (s *session) dropBroken(ctx context.Context, where string, args ...any) error {
	if len(args) == 1 && args[0] == "" {
		args = nil
	}
	rows, err := s.Query(ctx, `SELECT n.nspname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT i.indisvalid AND c.relkind = 'i' AND `+where, args...)
	if err != nil {
		return err
	}
	broken, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (statement.Name, error) {
		var n statement.Name
		return n, row.Scan(&n.Schema, &n.Name)
	})
	if err != nil {
		return err
	}
	for _, n := range broken {
		if err := s.exec(ctx, "SET lock_timeout = 0"); err != nil {
			return err
		}
		if err := s.exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+quoted(n)); err != nil {
			return fmt.Errorf("dropping the invalid index %s: %w", n, err)
		}
		if err := s.exec(ctx, "RESET lock_timeout"); err != nil {
			return err
		}
	}
	return nil
}

// probeDetach finishes a DETACH PARTITION CONCURRENTLY that was cut off between its two transactions.
func (s *session) probeDetach(ctx context.Context, st statement.Statement) (release.Tri, string, error) {
	if len(st.Commands) != 1 || st.Commands[0].Kind != statement.DetachPartition {
		return release.Unknown, "teal has no proof for this ALTER TABLE", nil
	}
	attached, pending, err := s.detachment(ctx, st)
	switch {
	case err != nil:
		return release.Unknown, "", err
	case !attached:
		return release.Yes, "the partition is detached", nil
	case !pending:
		return release.No, "the partition is attached", nil
	}
	return release.Yes, "the partition's detachment was finished", s.exec(ctx, finalize(st))
}

func (s *session) detachment(ctx context.Context, st statement.Statement) (attached, pending bool, err error) {
	err = s.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_or(inhdetachpending), false) FROM pg_inherits WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2)`,
		quoted(st.Commands[0].Other), quoted(st.Name)).Scan(&attached, &pending)
	return attached, pending, err
}

func finalize(st statement.Statement) string {
	return "ALTER TABLE " + quoted(st.Name) + " DETACH PARTITION " + quoted(st.Commands[0].Other) + " FINALIZE"
}

// restOf is what is left to do of a statement: a detachment whose first transaction is through can only be finalized.
func (s *session) restOf(ctx context.Context, st statement.Statement) (string, error) {
	if st.Kind != statement.AlterTable || len(st.Commands) != 1 || st.Commands[0].Kind != statement.DetachPartition {
		return st.SQL, nil
	}
	_, pending, err := s.detachment(ctx, st)
	if pending {
		return finalize(st), err
	}
	return st.SQL, err
}
