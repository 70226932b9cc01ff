package main

import (
	"slices"

	"teal.dev/teal/migrate"
	"teal.dev/teal/policies"
)

// tells says whether a flag names the files that have run, so that all others are new.
func (c *checked) tells() bool { return c.told.given || c.released != "" }

// isApplied says whether a database has run a file: as told, else by what the database says.
func (c *checked) isApplied(f *policies.File, k *known, released []migrate.Row) bool {
	number := numberOf(f.Path)
	switch {
	case number == 0:
		return false
	case c.released != "":
		return slices.ContainsFunc(released, func(r migrate.Row) bool { return r.Number == number })
	case c.told.given || c.against == "":
		return number <= c.applied
	}
	return k.applied(f)
}

// releasedRows are the files of --released as a ledger would have them; none without the flag, or where there are no
// migrations yet.
func (c *checked) releasedRows(io stdio) ([]migrate.Row, error) {
	if c.released == "" {
		return nil, nil
	}
	names, err := listed(c.released)
	if err != nil {
		return nil, hinted(err, "--released names the folder as the main branch has it: git worktree add ../released origin/main, then --released ../released/migrations")
	}
	files, err := c.read(io, names)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Applied = true
	}
	return (&judged{Input: policies.Input{Files: files}, dir: c.released}).rows(), nil
}

// stays says why --fix may not give a file another number, "" where it may: a release may know it by the one that it has.
func (c *checked) stays(f *policies.File, k *known, files int) string {
	switch {
	case f.Applied || c.tells() || files == 1:
		return ""
	case c.against == "":
		return "nothing says what a database has run; give --applied N (0: nothing), or --against"
	case len(k.ledger) > 0 && policies.PhaseOf(f.Path, f.Phase, f.Body) == policies.PhaseContract:
		return "a release may owe it under the number that it has, which the ledger does not say; give --applied N, the last number that was released"
	}
	return ""
}
