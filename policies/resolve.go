package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// resolveNames gives the names of one file the schema that they are in, as far as the file itself decides that: a SET search_path
// to one schema, the table of an index, and what is temporary, which comes before all else of its name. teal resets the session
// between files.
func resolveNames(file []statement.Statement) {
	home, temporary := "", map[string]bool{}
	for i := range file {
		s := &file[i]
		if next, ok := searchPath(s); ok {
			home = next
		}
		if s.Temporary {
			s.Name.Schema, temporary[s.Name.Name] = pgTemp, true
		}
		if one := home != "" && home != manySchemas; one || len(temporary) > 0 {
			qualify(s, func(n *statement.Name) {
				switch {
				case n.Name == "" || n.Schema != "":
				case temporary[n.Name]:
					n.Schema = pgTemp
				case one:
					n.Schema = home
				}
			})
		}
		if s.Kind == statement.CreateIndex && s.Name.Name != "" && s.Name.Schema == "" {
			s.Name.Schema = s.Table.Schema
		}
		keepTemporary(s, temporary)
	}
}

// keepTemporary follows the names that mean something temporary.
func keepTemporary(s *statement.Statement, temporary map[string]bool) {
	switch s.Kind {
	case statement.CreateIndex:
		if s.Table.Schema == pgTemp {
			temporary[s.Name.Name] = true
		}
	case statement.DropTable, statement.DropView, statement.DropSequence, statement.DropIndex:
		for _, n := range s.Names {
			if n.Schema == pgTemp {
				delete(temporary, n.Name)
			}
		}
	case statement.RenameTable, statement.RenameView, statement.RenameSequence, statement.RenameIndex:
		if s.Name.Schema == pgTemp {
			delete(temporary, s.Name.Name)
			temporary[s.NewName] = true
		}
	}
}

// pgTemp is the schema of what is gone with the session.
const pgTemp = "pg_temp"

// manySchemas is a search path on which a bare name may be in one schema or another.
const manySchemas = "\x00"

// searchPath is the one schema that bare names are in from this statement on; "" is the usual path.
func searchPath(s *statement.Statement) (home string, changed bool) {
	switch {
	case s.Kind != statement.Set:
		return "", false
	case s.Detail == "discard", s.Object == "reset" && s.Detail == "", s.Object == "reset" && s.Detail == "search_path":
		return "", true
	case s.Detail != "search_path":
		return "", false
	}
	path := s.Values
	if len(path) > 0 && path[0] == "$user" && len(path) <= 2 {
		path = path[1:]
	}
	switch {
	case len(path) == 0, len(path) == 1 && path[0] == "public":
		return "", true
	case len(path) == 1 && path[0] != "" && path[0] != "$user":
		return path[0], true
	}
	return manySchemas, true
}

// unsurePath says whether a statement changes the search path in a way that leaves open which schema a bare name is in, and
// whether that outlives the file.
func unsurePath(s *statement.Statement) (unsure, lasting bool) {
	if home, ok := searchPath(s); ok {
		return home == manySchemas, false
	}
	switch s.Kind {
	case statement.CreateFunction, statement.AlterFunction, statement.CommentOn, statement.Insert:
		return false, false // it holds inside the function, or is only text
	}
	if text := strings.ToLower(s.SQL); !strings.Contains(text, "search_path") && !setsUnknown(text) {
		return false, false
	}
	return true, s.Kind == statement.Role || s.Kind == statement.AlterSystem
}

// setsUnknown says whether a text sets something with set_config whose name is not written there as one word in quotes.
func setsUnknown(text string) bool {
	for {
		_, after, found := strings.Cut(text, "set_config")
		if !found {
			return false
		}
		text = after
		name, plain := strings.CutPrefix(strings.TrimLeft(after, "( \t\r\n"), "'")
		_, rest, closed := strings.Cut(name, "'")
		if !plain || !closed || !strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ",") {
			return true
		}
	}
}

// qualify visits every name in a statement that is looked up on the search path.
func qualify(s *statement.Statement, visit func(*statement.Name)) {
	switch s.Kind {
	case statement.Set, statement.CreateSchema, statement.RenameSchema, statement.DropSchema, statement.CreateExtension, statement.AlterExtension,
		statement.DropExtension, statement.Subscription, statement.CreateDatabase, statement.DropDatabase, statement.Tablespace,
		statement.Role, statement.DefaultPrivileges, statement.EventTrigger, statement.AlterSystem:
		return
	case statement.CreateTrigger, statement.DropTrigger, statement.RenameTrigger, statement.CreateRule, statement.DropRule,
		statement.CreatePolicy, statement.AlterPolicy, statement.DropPolicy, statement.CreateIndex, statement.Publication:
		// their own names are not looked up on the path
	case statement.Grant, statement.Revoke:
		if s.Object != "table" && s.Object != "column" {
			return
		}
		visitAll(s, visit)
	default:
		visitAll(s, visit)
	}
	visit(&s.Table)
	visit(&s.PartitionOf)
	for i := range s.Like {
		visit(&s.Like[i])
	}
	for i := range s.Inherits {
		visit(&s.Inherits[i])
	}
	qualifyConstraints(s.Constraints, visit)
	for i := range s.Commands {
		c := &s.Commands[i]
		visit(&c.Other)
		if c.Constraint != nil {
			visit(&c.Constraint.References)
		}
		if c.Column != nil {
			qualifyConstraints(c.Column.Constraints, visit)
		}
	}
	for i := range s.Relations() {
		visit(&s.Relations()[i])
	}
	for i := range s.Named {
		visit(&s.Named[i].Table)
	}
}

func visitAll(s *statement.Statement, visit func(*statement.Name)) {
	visit(&s.Name)
	for i := range s.Names {
		visit(&s.Names[i])
	}
}

func qualifyConstraints(list []statement.Constraint, visit func(*statement.Name)) {
	for i := range list {
		visit(&list[i].References)
	}
}
