package statement

import (
	"fmt"
	"strings"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"
)

// Grammar names what the parser knows, for messages about what it does not.
const Grammar = "PostgreSQL 17"

// model reads one piece. It never fails: what cannot be read is Unparsable.
func model(p Piece) (s Statement) {
	base := Statement{SQL: p.Text, Line: p.Line, Column: p.Column, Offset: p.Offset, Comments: p.Comments}
	defer func() {
		// The library may panic on odd input. That is one more way of not understanding a statement.
		if r := recover(); r != nil {
			s = base
			s.Kind, s.Message = Unparsable, fmt.Sprintf("the parser broke on it: %v", r)
		}
	}()
	s = base
	nodes, err := parser.ParseSQL(realFloats(p.Text))
	if err != nil {
		s.Kind, s.Message = Unparsable, err.Error()+" (the parser knows "+Grammar+")"+newerSyntax(p.Text)
		return s
	}
	if len(nodes) != 1 || nodes[0] == nil {
		s.Kind, s.Message = Unparsable, fmt.Sprintf("it reads as %d statements, not one", len(nodes))
		return s
	}
	s.read(nodes[0])
	return s
}

// read fills the statement from the library's tree. The order of the readers does not matter: their nodes differ.
func (s *Statement) read(n ast.Node) {
	s.relations = relationsOf(n)
	for _, reader := range []func(*Statement, ast.Node) bool{readTable, readIndex, readRename, readObject, readCode, readAccess, readData, readSession} {
		if reader(s, n) {
			s.addRelations(s.extraRelations()...)
			return
		}
	}
	s.Kind, s.Message = Opaque, "teal does not know this statement: "+strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")
}

// extraRelations are those that the tree holds as bare names.
func (s *Statement) extraRelations() []Name {
	switch s.Kind {
	case DropTable, DropView, DropMatView, DropIndex, DropSequence:
		return s.Names
	case DropTrigger, DropRule, DropPolicy:
		return []Name{s.Table}
	case CommentOn:
		return []Name{s.Table}
	}
	return nil
}

func (s *Statement) addRelations(names ...Name) {
	for _, n := range names {
		if n.Name != "" && !contains(s.relations, n) {
			s.relations = append(s.relations, n)
		}
	}
}

func contains(names []Name, n Name) bool {
	for _, have := range names {
		if have == n {
			return true
		}
	}
	return false
}

func rangeName(r *ast.RangeVar) Name {
	if r == nil {
		return Name{}
	}
	return Name{Schema: r.SchemaName, Name: r.RelName}
}

// words are the strings of a list of names, whatever else the list holds.
func words(list *ast.NodeList) []string {
	if list == nil {
		return nil
	}
	var out []string
	for _, n := range list.Items {
		switch n := n.(type) {
		case *ast.String:
			out = append(out, n.SVal)
		case *ast.IndexElem:
			out = append(out, n.Name)
		case *ast.ResTarget:
			out = append(out, n.Name)
		case *ast.NodeList:
			out = append(out, strings.Join(words(n), "."))
		}
	}
	return out
}

// dotted is the name that a list of parts spells; a catalogue's name in front is dropped.
func dotted(parts []string) Name {
	switch n := len(parts); n {
	case 0:
		return Name{}
	case 1:
		return Name{Name: parts[0]}
	default:
		return Name{Schema: parts[n-2], Name: parts[n-1]}
	}
}

func listName(list *ast.NodeList) Name { return dotted(words(list)) }

// nodeName is the name of an object however the tree spells it.
func nodeName(n ast.Node) Name {
	switch n := n.(type) {
	case *ast.NodeList:
		return listName(n)
	case *ast.String:
		return Name{Name: n.SVal}
	case *ast.RangeVar:
		return rangeName(n)
	case *ast.TypeName:
		t := typeOf(n)
		return Name{t.Schema, t.Name}
	case *ast.ObjectWithArgs:
		return listName(n.Objname)
	}
	return Name{}
}

func items(list *ast.NodeList) []ast.Node {
	if list == nil {
		return nil
	}
	return list.Items
}

func rangeNames(list *ast.NodeList) []Name {
	var out []Name
	for _, n := range items(list) {
		switch n := n.(type) {
		case *ast.RangeVar:
			out = append(out, rangeName(n))
		case *ast.VacuumRelation:
			out = append(out, rangeName(n.Relation))
		}
	}
	return out
}
