package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// Rule is what is known about one kind of change. It is a value: its verdict, its reason and its examples are data, and
// the functions only say when it applies and what differs for the statement at hand.
//
// Reason and Instead may hold {table}, {column}, {new}, {type}, {name}, {constraint}, {index}, {parent}, {columns} and {schema},
// which become the names of the statement at hand.
type Rule struct {
	ID      string // kebab-case: drop-column
	Title   string // one line: DROP COLUMN
	Reason  string // why the verdict is what it is
	Instead string // what to do instead; empty where there is nothing better
	Facts   []Fact // what differs by version of the database

	Compatibility Compatibility
	Hazards       []Hazard
	Lock          Level // on the statement's table
	Rewrite       bool
	Scan          bool
	Blocks        Blocks

	On     []string                 // the kinds of statement or of command it looks at
	Match  func(*Subject) bool      // nil: always
	Refine func(*Subject, *Finding) // nil: the verdict above is the finding

	// Bad makes the rule speak, with the verdict above; Good is a statement about which it is silent.
	Bad  Example
	Good Example
}

// Fact is a measured fact about some versions of a database.
type Fact struct {
	Versions string
	Text     string
}

// Example is a migration that shows a rule at work.
type Example struct {
	Before string // migrations applied by earlier releases
	SQL    string
	Phase  Phase // empty: expand
}

// Subject is one statement, or one command of an ALTER, before a rule.
type Subject struct {
	*statement.Statement
	Command *statement.Command // of ALTER TABLE, INDEX, VIEW, TYPE; else nil
	World   *World
	File    []statement.Statement // the whole file
	Index   int                   // of the statement in File
}

// key is what Rule.On names.
func (s *Subject) key() string {
	if s.Command == nil {
		return string(s.Kind)
	}
	if s.Kind == statement.AlterTable {
		return string(s.Command.Kind)
	}
	return string(s.Kind) + "/" + string(s.Command.Kind)
}

// TableName is the table that the statement works on; for objects without a table, the object.
func (s *Subject) TableName() statement.Name {
	if s.Table.Name != "" {
		return s.Table
	}
	return s.Name
}

// find makes the rule's finding for a statement.
func (r *Rule) find(s *Subject) Finding {
	f := Finding{Rule: r.ID, Line: s.Line, Column: s.Column, Kind: string(s.Kind), SQL: s.SQL, Compatibility: r.Compatibility,
		Hazards: []Hazard{}, Operation: Operation{Locks: []Lock{}, Rewrite: r.Rewrite, Scan: r.Scan, Blocks: r.Blocks},
		Table: s.TableName().String()}
	f.add(r.Hazards...)
	f.Mark = s.Name.Name
	if s.Command != nil && s.Command.Name != "" {
		f.Mark = s.Command.Name
	}
	if r.Lock != "" {
		f.lock(r.Lock, s.TableName().String())
	}
	names := s.names()
	f.Why, f.Instead = names.Replace(r.Reason), names.Replace(r.Instead)
	if r.Refine != nil {
		r.Refine(s, &f)
	}
	return f
}

// names fills in the statement's own names.
func (s *Subject) names() *strings.Replacer {
	name := s.Name.Name
	if len(s.Names) > 1 {
		list := make([]string, len(s.Names))
		for i, n := range s.Names {
			list[i] = n.String()
		}
		name = strings.Join(list, ", ")
	}
	column, new, typ, constraint, parent := "", s.NewName, "", "", s.PartitionOf.String()
	columns := s.Columns
	if c := s.Command; c != nil {
		column, constraint, typ = c.Name, c.Name, spell(c.Type)
		if c.NewName != "" {
			new = c.NewName
		}
		if c.Column != nil {
			typ = spell(c.Column.Type)
		}
		if c.Constraint != nil {
			columns, parent = c.Constraint.Columns, c.Constraint.References.String()
		}
		if c.Other.Name != "" {
			parent = c.Other.String()
		}
	}
	list := strings.Join(columns, ", ")
	if s.Expressions || list == "" {
		list = "…"
	}
	return strings.NewReplacer("{table}", s.TableName().String(), "{column}", column, "{new}", new, "{type}", typ, "{name}", name,
		"{constraint}", or(constraint), "{index}", or(s.Name.Name), "{parent}", or(parent), "{columns}", list,
		"{schema}", s.NewSchema, "{value}", s.Detail)
}

// or is a name, or the sign that the author has to find one.
func or(name string) string {
	if name == "" {
		return "…"
	}
	return name
}

// book is the rules by what they look at, so that a statement meets only those about it.
type book struct {
	rules []Rule
	by    map[string][]int
}

func newBook() *book {
	b := &book{rules: Rules(), by: map[string][]int{}}
	for i := range b.rules {
		for _, key := range b.rules[i].On {
			b.by[key] = append(b.by[key], i)
		}
	}
	return b
}

// judge says what the rules find in one statement: nothing is left unsaid, what no rule knows is opaque.
func (b *book) judge(s Subject) []Finding {
	if len(s.Commands) == 0 {
		return b.judgeOne(&s)
	}
	var out []Finding
	for i := range s.Commands {
		part := s
		part.Command = &s.Commands[i]
		out = append(out, b.judgeOne(&part)...)
		s.World.learnCommand(s.Statement, part.Command)
	}
	return out
}

func (b *book) judgeOne(s *Subject) []Finding {
	if s.Kind == statement.Unparsable {
		r := unparsable()
		return []Finding{r.find(s)}
	}
	if r := newObject(); r.Match(s) {
		return []Finding{r.find(s)}
	}
	var out []Finding
	for _, i := range b.by[s.key()] {
		if r := &b.rules[i]; r.Match == nil || r.Match(s) {
			out = append(out, r.find(s))
		}
	}
	if len(out) == 0 {
		r := opaque()
		out = append(out, r.find(s))
	}
	return out
}
