package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// learnFound takes in what no SQL says of the database.
func (w *World) learnFound(in *Input) {
	w.invalid = make(map[statement.Name]bool, len(in.Invalid))
	for _, name := range in.Invalid {
		w.invalid[knownName(name)] = true
	}
	if in.Functions != nil {
		w.routines = make(map[string]bool, len(in.Functions))
		for _, name := range in.Functions {
			w.routines[name] = true
		}
	}
}

// learnKnown takes in what the caller knows of the database's tables.
func (w *World) learnKnown(tables map[string][]string) {
	if tables == nil {
		return
	}
	w.known = make(map[statement.Name]map[string]bool, len(tables))
	for name, columns := range tables {
		set := make(map[string]bool, len(columns))
		for _, c := range columns {
			set[c] = true
		}
		w.known[knownName(name)] = set
	}
}

// knownName reads name or schema.name.
func knownName(name string) statement.Name {
	if schema, bare, ok := strings.Cut(name, "."); ok {
		return fold(statement.Name{Schema: schema, Name: bare})
	}
	return fold(statement.Name{Name: name})
}

// nowhere says whether the database surely has no table of these names, in whatever schema.
func (w *World) nowhere(names []statement.Name) bool {
	if w.known == nil || w.unsure || w.path {
		return false
	}
	for _, n := range names {
		if w.relations[fold(n)] != nil || len(w.bare[n.Name]) > 0 {
			return false
		}
		for have := range w.known {
			if have.Name == n.Name {
				return false
			}
		}
	}
	return true
}
