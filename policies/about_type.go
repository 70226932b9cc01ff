package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// lockUsers adds the lock that proving a domain's constraint takes on every table with a column of it.
func lockUsers(s *Subject, f *Finding) {
	var tables []string
	for n, r := range s.World.relations {
		for _, c := range r.columns {
			if fold(statement.Name{Schema: c.typ.Schema, Name: c.typ.Name}) == fold(s.Name) && !s.World.isNew(r.born) {
				tables = append(tables, n.String())
				break
			}
		}
	}
	slices.Sort(tables)
	for _, t := range tables {
		f.lock(Share, t)
	}
}

const aMood = "CREATE TYPE mood AS ENUM ('sad', 'glad');"
