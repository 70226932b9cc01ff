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
			if s.World.isOf(c.typ, fold(s.Name)) && !s.World.isNew(r.born) {
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

// isOf says whether a type is a domain, or a domain over it.
func (w *World) isOf(t statement.Type, domain statement.Name) bool {
	for range 32 { // domains over domains; they cannot go round in circles
		name := fold(statement.Name{Schema: t.Schema, Name: t.Name})
		if name == domain {
			return true
		}
		u := w.types[name]
		if u == nil || !u.domain {
			return false
		}
		t = u.base
	}
	return true
}

const aMood = "CREATE TYPE mood AS ENUM ('sad', 'glad');"

// shadowsType raises the verdict for a new type whose name another schema has as well, as a type or as a table.
func shadowsType(s *Subject, f *Finding) {
	shadows(s, f)
	for n, t := range s.World.types {
		if n.Name == s.Name.Name && n != fold(s.Name) && !s.World.isNew(t.born) && f.Compatibility == Expand {
			f.raise(Depends)
			f.add(BehaviourChanged)
			f.Why = "the bare name " + s.Name.Name + " may mean " + n.String() + " or this one, by the search path of the running version"
			f.Instead = "give it a name that no schema has yet"
		}
	}
}
