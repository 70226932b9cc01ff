package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
)

// Schema is what a database has, written as the SQL that would make it again: enough for a gate to know columns, types,
// constraints, indexes, partitions, views, what runs by itself (triggers, rules, row security) and what else needs columns
// (policies, SQL functions with a body that the server reads, publications), and no more.
type Schema struct {
	Server int    // the server's major version
	Home   string // the schema that names without one are in
	SQL    string // one statement a line or more, each ended by a semicolon
	// Invalid are the indexes that a failed CREATE INDEX CONCURRENTLY left, and Functions the names of all functions, in any
	// schema, the server's own too: no SQL says the one, and the bodies of the other nobody wants to read.
	Invalid   []string
	Functions []string
	Expand    uint64 // what golang-migrate's version table says; 0 = nothing
	Contract  uint64 // and that of the contract track
	Dirty     bool   // one of them is: some tool failed in the middle of a file
}

// Schema reads the schema of the database, teal's own tables left out.
func (d *Database) Schema(ctx context.Context) (Schema, error) {
	var out Schema
	s, err := d.look(ctx)
	if err != nil {
		return out, err
	}
	defer s.hangUp()
	out.Home = s.schema
	if err := s.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000`).Scan(&out.Server); err != nil {
		return out, fmt.Errorf("reading the server's version: %w", err)
	}
	for _, track := range []struct {
		table string
		into  *uint64
	}{{d.config.Table, &out.Expand}, {d.versionTable(migrate.Contract), &out.Contract}} {
		version, dirty, err := s.version(ctx, s, track.table)
		if err != nil {
			return out, fmt.Errorf("reading %s: %w", track.table, err)
		}
		*track.into, out.Dirty = uint64(max(version, 0)), out.Dirty || dirty
	}
	lines, err := s.lines(ctx, d.ownTables(), []part{{"extensions", extensionsQuery}, {"types", typesQuery}, {"sequences", sequencesQuery}, {"tables", tablesQuery},
		{"partitions", partitionsQuery}, {"constraints", constraintsQuery}, {"indexes", indexesQuery}, {"heirs", heirsQuery}, {"views", viewsQuery},
		{"statistics", statisticsQuery}, {"triggers", triggersQuery}, {"rules", rulesQuery}, {"row security", securityQuery},
		{"policies", policiesQuery}, {"SQL functions", bodiesQuery}, {"publications", publicationsQuery}})
	if err != nil {
		return out, err
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimRight(line, "; \n"))
		b.WriteString(";\n")
	}
	out.SQL = b.String()
	if out.Invalid, err = s.lines(ctx, d.ownTables(), []part{{"invalid indexes", invalidQuery}}); err != nil {
		return out, err
	}
	out.Functions, err = s.lines(ctx, d.ownTables(), []part{{"functions", functionsQuery}})
	return out, err
}

// part is a part of the schema and what reads it, a line of text for each of its objects.
type part struct{ what, query string }

func (s *session) lines(ctx context.Context, own []string, parts []part) ([]string, error) {
	var out []string
	for _, p := range parts {
		rows, err := s.Query(ctx, ownedBy+p.query, own, s.schema)
		if err != nil {
			return nil, fmt.Errorf("reading the %s: %w", p.what, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("reading the %s: %w", p.what, err)
		}
		out = append(out, found...)
	}
	return out, nil
}
