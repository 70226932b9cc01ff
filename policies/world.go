package policies

import (
	"slices"
	"sort"

	"teal.dev/teal/migrate/statement"
)

// World is what is known of the schema when a statement is judged: what the migrations before it made, and what of that
// the running version cannot know. It holds maps only, so that judging costs the same for the first and the last file.
type World struct {
	server    int  // the major version of PostgreSQL; 0: not known
	fresh     bool // no version is running: all that is pending is new
	track     born
	relations map[statement.Name]*relation
	bare      map[string][]statement.Name // relations by their name without the schema, also some that are gone
	types     map[statement.Name]*userType
	functions map[statement.Name]born
	holders   map[holderKey]*holder
	typed     map[string]bool // bare names of the types, none of PostgreSQL's own, that columns have had
	schemas   map[string]born
	known     map[statement.Name]map[string]bool // relations of the database and their columns; nil: not known
	sighted   bool                               // the schema was read from the database, not from the migrations, which IF NOT EXISTS doubts
	invalid   map[statement.Name]bool            // indexes of the database that a failed build left
	routines  map[string]bool                    // names of all functions of the database, whatever their schema; nil: not known
	extension map[string]bool
	path      bool                        // the search path was changed for good, so a bare name may mean anything
	unsure    bool                        // the search path was changed in the file at hand
	blind     bool                        // something was run that may have dropped or made anything
	temporary []statement.Name            // of the file at hand
	dropped   map[statement.Name][]string // the columns of the views that the file at hand dropped
}

// born says who made an object.
type born int

const (
	before born = iota // applied already, or never seen
	inExpand
	inContract
)

// relation is a table, view, index or sequence that the migrations made or changed.
type relation struct {
	born         born
	kind         statement.Kind // that created it; empty when it was there before the first migration we have
	columns      map[string]*column
	fills        map[string]fill                  // by column: what expand of this release does with it
	constraints  map[string]*statement.Constraint // by name; validated ones have NotValid false
	partitioned  bool
	partitionKey []string
	parent       statement.Name // of a partition
	table        statement.Name // of an index
	index        indexShape
	keys, reads  []string // of an index: its columns, and those in its expressions and its WHERE; of statistics: their columns
	whole        []string // of a btree: the columns whose whole values it keeps
	indexes      []statement.Name
	triggers     map[string]*trigger
	rules        map[string]born
	guarded      bool // row security is enabled
	forced       bool // for the owner too
	filled       bool // rows were put into it
	doubted      bool // IF NOT EXISTS made it, or passed over another of its name
	computes     bool // of a view: it calls functions that may change something
	children     []statement.Name
	inherits     []statement.Name
	likes        []statement.Name // it was made like these
	uses         []statement.Name // of a view: the relations that its query names
	spare        statement.Name   // the default partition
	shows        []string         // of a view: its columns; "" for one that is not known
	sequences    []string         // the columns that own a sequence which was there before: it goes with them
}

// indexShape is what an index is beside its columns.
type indexShape struct {
	unique, nullsEqual bool
	plain              bool // nothing but columns, in the usual order and the usual way
}

type trigger struct {
	born born
	off  bool // disabled
}

type column struct {
	born      born
	typ       statement.Type
	notNull   bool
	known     bool // typ and notNull are known
	doubted   bool // they are what IF NOT EXISTS says: enough to say what a change costs, not that there is none
	hasDef    bool
	gives     bool               // what the default says is never NULL
	def       *statement.Default // as written
	collated  bool               // it has another collation than its type
	generated bool
	identity  bool
	reaches   bool     // what it is filled with may change something beside its table: a default that calls a function, say
	reads     []string // the columns that generate it
}

type userType struct {
	born        born
	enum        bool
	labels      []string // of an enum
	base        statement.Type
	domain      bool
	constrained bool
	refusesNull bool // a constraint may be false for NULL
	hasDefault  bool
	volatile    bool // the default is
	reaches     bool // the default or a check calls functions that may change something
}

func newWorld(fresh bool) *World {
	return &World{fresh: fresh, relations: map[statement.Name]*relation{}, bare: map[string][]statement.Name{}, types: map[statement.Name]*userType{},
		functions: map[statement.Name]born{}, holders: map[holderKey]*holder{}, typed: map[string]bool{}, schemas: map[string]born{}, extension: map[string]bool{}}
}

// older says whether the server is known to be older than a major version.
func (w *World) older(than int) bool { return w.server != 0 && w.server < than }

// fold makes one name of public.t and t, as the default search path does.
func fold(n statement.Name) statement.Name {
	if n.Schema == "public" {
		n.Schema = ""
	}
	return n
}

func (w *World) isNew(b born) bool {
	return b != before && (w.fresh || b == w.track)
}

// NewRelation says whether the running version can neither know the relation, because this release makes it, nor anything that
// hangs on it.
func (w *World) NewRelation(n statement.Name) bool {
	return w.made(n) && !w.burdened(n)
}

// made says whether this release makes the relation.
func (w *World) made(n statement.Name) bool {
	if (w.path || w.unsure) && !w.fresh && n.Schema == "" {
		return false
	}
	r := w.relations[fold(n)]
	return r != nil && w.isNew(r.born) || n.Schema != "" && w.isNew(w.schemas[n.Schema])
}

// NewColumn says whether the column, or its table, is new in this release.
func (w *World) NewColumn(table statement.Name, name string) bool {
	if w.NewRelation(table) {
		return !w.passesOn(table)
	}
	c := w.column(table, name)
	if c == nil || !w.isNew(c.born) || has(w.relations[fold(table)].sequences, name) {
		return false
	}
	old := func(child statement.Name) bool { return !w.made(child) && !w.NewColumn(child, name) }
	return !w.made(table) || !slices.ContainsFunc(w.descendants(table), old)
}

func (w *World) column(table statement.Name, name string) *column {
	if r := w.relations[fold(table)]; r != nil {
		return r.columns[name]
	}
	return nil
}

func (w *World) constraint(table statement.Name, name string) *statement.Constraint {
	if r := w.relations[fold(table)]; r != nil {
		return r.constraints[name]
	}
	return nil
}

// provenNotNull says whether a validated CHECK (column IS NOT NULL) stands.
func (w *World) provenNotNull(table statement.Name, name string) bool {
	r := w.relations[fold(table)]
	if r == nil {
		return false
	}
	for _, c := range r.constraints {
		if has(c.NotNulls, name) && c.Kind == statement.Check && !c.NotValid {
			return true
		}
	}
	return false
}

// refusesNull says whether a CHECK (column IS NOT NULL) stands, validated or not: it is enforced on writes either way.
func (w *World) refusesNull(table statement.Name, name string) bool {
	if r := w.relations[fold(table)]; r != nil {
		for _, c := range r.constraints {
			if has(c.NotNulls, name) && c.Kind == statement.Check {
				return true
			}
		}
	}
	return false
}

// dependOn says whether an index has the column as a key, and whether an index's expression or a check computes with it:
// the first are built anew when the collation changes, the second with every change of the type.
func (w *World) dependOn(table statement.Name, name string) (keyed, computed bool) {
	r := w.relations[fold(table)]
	if r == nil {
		return false, false
	}
	for _, c := range r.constraints {
		keyed = keyed || has(c.Columns, name) && (key(c) || c.Kind == statement.Exclude)
		computed = computed || c.Kind == statement.Check && has(c.Reads, name) && !c.NotValid
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil {
			keyed, computed = keyed || has(i.keys, name), computed || has(i.reads, name)
		}
	}
	return keyed, computed
}

// relation finds or makes the entry of a relation; one made here was there before.
func (w *World) relation(n statement.Name) *relation {
	n = fold(n)
	r := w.relations[n]
	if r == nil {
		r = &relation{columns: map[string]*column{}, constraints: map[string]*statement.Constraint{}}
		w.put(n, r)
	}
	return r
}

func (w *World) put(n statement.Name, r *relation) {
	w.relations[n] = r
	if list := w.bare[n.Name]; len(list) < 8 { // more schemas with one name tell nothing new, and would cost time
		w.bare[n.Name] = append(list, n)
	}
}

func (w *World) filled(n statement.Name) bool {
	r := w.relations[fold(n)]
	return r != nil && r.filled
}

// triggered says whether any trigger or rule runs in writes to a table.
func (w *World) triggered(n statement.Name) bool {
	return w.runs(n, func(born) bool { return true })
}

// fires says whether a trigger or a rule that was there before runs in writes to a table.
func (w *World) fires(n statement.Name) bool {
	return w.runs(n, func(b born) bool { return !w.isNew(b) })
}

// runs looks for triggers and rules on a table, on the parents from which a partition has its own, and on the partitions and
// heirs to which a write goes on.
func (w *World) runs(n statement.Name, counts func(born) bool) bool {
	for _, t := range append(slices.Concat(w.descendants(n), w.ancestors(n), w.behind(n)), n) {
		r := w.relations[fold(t)]
		if r == nil {
			continue
		}
		for _, t := range r.triggers {
			if !t.off && counts(t.born) {
				return true
			}
		}
		for _, b := range r.rules {
			if counts(b) {
				return true
			}
		}
	}
	return false
}

// namesake is a relation of the same name in another schema that the running version may mean.
func (w *World) namesake(n statement.Name) (statement.Name, bool) {
	n = fold(n)
	for _, other := range w.bare[n.Name] {
		if r := w.relations[other]; r != nil && other != n && !w.isNew(r.born) && r.kind != statement.CreateIndex {
			return other, true
		}
	}
	return n, false
}

// create takes in a new relation. One that IF NOT EXISTS or OR REPLACE may have found there is not new, unless the
// database is known not to have it.
func (w *World) create(s *statement.Statement, n statement.Name) *relation {
	n = fold(n)
	old := w.relations[n]
	if old != nil && s.Replace {
		return old
	}
	if s.Temporary {
		w.temporary = append(w.temporary, n)
	}
	delete(w.relations, n)
	r := w.relation(n)
	r.born, r.kind = w.track, s.Kind
	if (s.IfNotExists || s.Replace) && !w.absent(n, "") {
		r.born = before
	}
	r.doubted = s.IfNotExists && !w.sighted && !w.absent(n, "")
	return r
}

// passed says whether IF NOT EXISTS passes over a relation that is known: then nothing is learnt.
func (w *World) passed(s *statement.Statement) bool {
	return s.IfNotExists && s.Name.Name != "" && w.relations[fold(s.Name)] != nil
}

// absent says whether the database surely has no such relation, or no such column of it.
func (w *World) absent(n statement.Name, column string) bool {
	if w.fresh {
		return true
	}
	columns, ok := w.known[fold(n)]
	return w.known != nil && (!ok || column != "" && !columns[column])
}

// endFile forgets the temporary tables of a file: the next one may run in another session.
func (w *World) endFile() {
	for _, n := range w.temporary {
		delete(w.relations, n)
		w.loseHolders(n)
	}
	w.temporary, w.unsure, w.dropped = nil, false, nil
}

// references are the tables that the foreign keys of a relation refer to, sorted; with a column, only those of its keys.
func (r *relation) references(column string) []string {
	out := []string{}
	for _, c := range r.constraints {
		if c.Kind == statement.ForeignKey && (column == "" || has(c.Columns, column)) {
			out = append(out, c.References.String())
		}
	}
	sort.Strings(out)
	return out
}
