package policies

import "teal.dev/teal/migrate/statement"

// doubt takes in that what is computed may be gone or say something else: CASCADE takes away defaults and checks that call a
// function, and a new object may have the name that an old text says.
func (w *World) doubt(s *statement.Statement) {
	switch s.Kind {
	case statement.DropFunction, statement.DropType, statement.DropExtension, statement.DropSchema, statement.DropSequence:
		if !s.Cascade {
			return
		}
		w.blind = true
	case statement.AlterFunction, statement.RenameType, statement.RenameSequence, statement.RenameSchema:
	case statement.RenameTable, statement.MoveTable: // ALTER TABLE renames sequences too
		if r := w.relations[fold(s.Name)]; r != nil && r.kind != statement.CreateSequence {
			return
		}
	default:
		return
	}
	w.doubtHolders()
	for _, r := range w.relations {
		r.doubtComputed()
	}
}

func (r *relation) doubtComputed() {
	for name, c := range r.columns {
		if c.def == nil || c.def.Literal != "" && c.def.Cast.Name == "" {
			continue
		}
		other := *c // partitions may share it
		other.def, other.gives = nil, false
		r.columns[name] = &other
	}
	for name, k := range r.constraints {
		if k.Kind != statement.Check || k.NotNullColumn != "" {
			continue
		}
		other := *k
		other.SQL, other.NotNulls = "", nil
		r.constraints[name] = &other
	}
}

// loseType takes in that a type is gone, and by CASCADE the columns that are of it. (Without it the server refuses.)
func (w *World) loseType(n statement.Name) {
	delete(w.types, n)
	w.eachOfType(n, func(table statement.Name, _ *relation, column string) { w.loseColumn(table, column, true) })
}

// renameType takes in a type's new name or schema.
func (w *World) renameType(from statement.Name, s *statement.Statement) {
	to := from
	if s.NewName != "" {
		to.Name = s.NewName
	}
	if s.NewSchema != "" {
		to.Schema = s.NewSchema
	}
	to = fold(to)
	if u := w.types[from]; u != nil {
		delete(w.types, from)
		w.types[to] = u
	}
	for _, u := range w.types {
		if userDefined(u.base) && fold(statement.Name{Schema: u.base.Schema, Name: u.base.Name}) == from {
			u.base.Schema, u.base.Name = to.Schema, to.Name
		}
	}
	w.eachOfType(from, func(_ statement.Name, r *relation, column string) {
		other := *r.columns[column]
		other.typ.Schema, other.typ.Name = to.Schema, to.Name
		r.columns[column] = &other
	})
}

func (w *World) eachOfType(n statement.Name, visit func(table statement.Name, r *relation, column string)) {
	for table, r := range w.relations {
		for column, c := range r.columns {
			if userDefined(c.typ) && fold(statement.Name{Schema: c.typ.Schema, Name: c.typ.Name}) == n {
				visit(table, r, column)
			}
		}
	}
}

// loseExtension takes in that an extension is gone: the columns of a type that may be its are as unknown as never seen.
func (w *World) loseExtension(name string) {
	delete(w.extension, name)
	for table, r := range w.relations {
		for column, c := range r.columns {
			if c.typ.Name == name || userDefined(c.typ) && w.types[fold(statement.Name{Schema: c.typ.Schema, Name: c.typ.Name})] == nil {
				w.loseColumn(table, column, true)
			}
		}
	}
}

// renameSchema takes in a schema's new name, which all that is in it has from now on.
func (w *World) renameSchema(from, to string) {
	home := fold(statement.Name{Schema: from}).Schema
	var inside []statement.Name
	for n := range w.relations {
		if n.Schema == home {
			inside = append(inside, n)
		}
	}
	for _, n := range inside {
		w.move(n, fold(statement.Name{Schema: to, Name: n.Name}))
	}
	for n, u := range w.types {
		if n.Schema == home {
			delete(w.types, n)
			w.types[fold(statement.Name{Schema: to, Name: n.Name})] = u
		}
	}
	for n, f := range w.functions {
		if n.Schema == home {
			delete(w.functions, n)
			w.functions[fold(statement.Name{Schema: to, Name: n.Name})] = f
		}
	}
	if b, ok := w.schemas[from]; ok {
		delete(w.schemas, from)
		w.schemas[to] = b
	}
}
