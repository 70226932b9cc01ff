package policies

import "teal.dev/teal/migrate/statement"

// Rule is what is known about one kind of change. It is a value: its verdict, its reason and its examples are data, and
// the functions only say when it applies and what differs for the statement at hand.
//
// Reason and Instead may hold {table}, {column}, {new}, {type}, {name}, {constraint}, {index}, {parent}, {columns}, {schema},
// {value}, {label}, {check}, {default}, {using} and {concurrently}, which become the names and texts of the statement at hand.
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
	Phase  Phase  // empty: expand
	Expand string // an expand file of the same release
	Server int    // the major version of PostgreSQL; 0: not known
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
	names := wordsOf(s)
	f.Why, f.Instead = names.say(r.Reason), names.sql(r.Instead)
	if r.Refine != nil {
		r.Refine(s, &f)
	}
	return f
}

// book is the rules by what they look at, so that a statement meets only those about it.
type book struct {
	rules []Rule
	by    map[string][]int

	newer, fresh, back, unknown, unread Rule // those that look at every statement
}

func newBook() *book {
	b := &book{rules: Rules(), by: map[string][]int{}, newer: newerPostgres(), fresh: newObject(), back: createTableReferences(), unknown: opaque(), unread: unparsable()}
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
	switch {
	case s.Kind == statement.Unparsable:
		return []Finding{b.unread.find(s)}
	case b.newer.Match(s):
		return []Finding{b.newer.find(s)}
	case s.Command != nil && b.back.Match(s) && !s.World.filled(s.Name): // rows that are there are read, and refer at once
		return []Finding{b.back.find(s)}
	case b.fresh.Match(s):
		f := b.fresh.find(s)
		refused(s, &f)
		return []Finding{f}
	}
	var out []Finding
	for _, i := range b.by[s.key()] {
		if r := &b.rules[i]; r.Match == nil || r.Match(s) {
			f := r.find(s)
			s.World.spread(s, &f)
			if n := s.TableName(); s.World.exposed(n) && s.World.NewRelation(n) && !s.World.filled(n) { // it has no rows
				f.Operation.Rewrite, f.Operation.Scan, f.Operation.Blocks = false, false, BlocksNobody
			}
			if s.Command != nil && len(s.Command.Calls) > 0 && s.World.made(s.Name) {
				f.raise(Depends)
				f.add(OpaqueEffect)
			}
			refused(s, &f)
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		out = append(out, b.unknown.find(s))
	}
	return out
}
