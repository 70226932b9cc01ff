package statement

import "strings"

// Name is an object's name as the database folds it: Schema is empty where the text has none.
type Name struct {
	Schema string
	Name   string
}

// String is the name as one would say it: schema.name, or the name alone.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// MayBe says whether both names may mean one object: one that lacks its schema may be in the other's.
func (n Name) MayBe(other Name) bool {
	return n.Name == other.Name && (n.Schema == other.Schema || n.Schema == "" || other.Schema == "")
}

// Statement is one statement of a file. Which fields say something depends on Kind; the others are zero.
type Statement struct {
	Kind     Kind
	SQL      string // the original text, without the semicolon: what is executed
	Line     int    // in the file, from 1
	Column   int
	Offset   int       // in bytes
	Comments []Comment // between the statement before and this one
	Message  string    // why it is unparsable or opaque

	Name      Name     // the object the statement is about
	Names     []Name   // all the objects, where there may be several: DROP, TRUNCATE, LOCK, GRANT, VACUUM
	Object    string   // what Name is, for COMMENT, GRANT, OWNER, REINDEX: "table", "column", "function" …
	Table     Name     // the table that an index, trigger, policy or rule belongs to
	NewName   string   // of a rename
	NewSchema string   // of SET SCHEMA
	Values    []string // of SET; none for DEFAULT; the labels of an enum
	Detail    string   // a word the kind explains: the setting's name, the lock mode, the enum value, the owner, a trigger's function
	Columns   []string // columns of an index; columns that an UPDATE assigns, an INSERT or COPY lists

	Commands    []Command    // of ALTER TABLE, INDEX, VIEW, TYPE
	Definition  []Column     // of CREATE TABLE; of CREATE DOMAIN one without a name
	Constraints []Constraint // of CREATE TABLE and domains, those of its columns too
	PartitionOf Name         // CREATE TABLE … PARTITION OF
	Like        []Name       // CREATE TABLE (LIKE …)
	Inherits    []Name       // CREATE TABLE … INHERITS
	Partitioned bool         // CREATE TABLE … PARTITION BY
	IsDefault   bool         // CREATE TABLE … PARTITION OF … DEFAULT

	Concurrently bool
	Unique       bool
	NullsEqual   bool // the unique index has NULLS NOT DISTINCT
	Partial      bool // the index has a WHERE
	Expressions  bool // the index computes something
	Odd          bool // the index is no plain one: an operator class, a collation, an order, INCLUDE, no btree
	Raises       bool // the index computes something that may fail for some value
	Only         bool // ON ONLY, UPDATE ONLY
	IfExists     bool
	IfNotExists  bool
	Replace      bool
	Cascade      bool
	Temporary    bool
	Local        bool // SET LOCAL
	Full         bool // VACUUM FULL
	Procedure    bool
	Defaults     bool // a function's parameter has a default
	Arguments    bool // DROP FUNCTION f(int): it names the types of parameters
	HasWhere     bool // UPDATE, DELETE
	OnConflict   bool // INSERT … ON CONFLICT
	Writes       bool // a SELECT with INSERT, UPDATE or DELETE inside
	Permissive   bool // CREATE POLICY

	// NullGuards are the columns c of an UPDATE's "WHERE … AND c IS NULL", at the top level of the condition.
	NullGuards []string
	// Calls are the functions called whose effect we do not know, in order.
	Calls []string
	// Whole are the columns of which a btree keeps the whole value: those that it is of, that it includes, and those in
	// its expressions that nothing makes short.
	Whole []string
	// IndexColumns are the names that PostgreSQL gives to an index's columns, those that it includes too: of an expression "lower",
	// "expr" …
	IndexColumns []string
	// Method is the access method of an index, and Classless are its columns without an operator class of their own.
	Method    string
	Classless []string
	// Named are the columns that a view, a rule, a policy, a trigger, a publication or the body of an SQL
	// function surely names, so that the server keeps them for it.
	Named []Named // of an ALTER SEQUENCE the column behind OWNED BY
	// Reads are the columns in an index's expressions and in its WHERE, and those that the definition of another object may
	// name, of whatever table.
	Reads []string
	// Shows are the columns that a view has, in order; "*" stands for all of its only relation, "" for one that cannot be told.
	Shows []string
	// Star says that such a definition has a *, or a NATURAL JOIN.
	Star bool
	// PartitionKey are the columns in the PARTITION BY of a table.
	PartitionKey []string

	relations []Name
}

// Named is a column that a definition names; * are all that the table has by then.
type Named struct {
	Table  Name
	Column string
}

// Column is a column's definition.
type Column struct {
	Name      string
	Type      Type
	NotNull   bool
	Default   *Default // nil without DEFAULT
	Generated bool     // GENERATED ALWAYS AS (…) STORED
	Reads     []string // the columns that generate it
	Raises    bool     // what generates it may fail for some value
	// Expression is what generates it; of an ALTER TABLE and of SpellTable only.
	Expression string
	Identity   string // "", "always", "by default"
	Collation  bool   // COLLATE
	// Constraints are CHECK, REFERENCES, UNIQUE and PRIMARY KEY written on the column.
	Constraints []Constraint
}

// Has says whether a constraint of that kind is written on the column.
func (c Column) Has(kind ConstraintKind) bool {
	for _, k := range c.Constraints {
		if k.Kind == kind {
			return true
		}
	}
	return false
}

// Serial says whether the type is one of the serial pseudo-types.
func (c Column) Serial() bool {
	switch c.Type.Name {
	case "serial", "bigserial", "smallserial", "serial2", "serial4", "serial8":
		return true
	}
	return false
}

// Type is a data type: int4, varchar(20), text[]. Built-in types have PostgreSQL's internal name.
type Type struct {
	Schema string
	Name   string
	Mods   []int
	Other  string // modifiers that are no numbers, as they are written behind the name: " day to second", "(point, 4326)"
	Array  bool
}

// Volatility is our guess at how an expression behaves; what is unknown is Volatile.
type Volatility string

// The volatilities.
const (
	Constant Volatility = "constant"
	Stable   Volatility = "stable"
	Volatile Volatility = "volatile"
)

// Default is the value of a DEFAULT clause.
type Default struct {
	Volatility Volatility
	Null       bool   // DEFAULT NULL
	NeverNull  bool   // it surely gives a value; DEFAULT nullif(1, 1) may not
	SQL        string // the expression
	Literal    string // of a constant: it alone, as written
	Cast       Type   // and the type that it is cast to
	// Calls are the functions called whose effect we do not know, without those that Draws tells: nextval('sequence').
	Calls []string
	Draws []Name
}

// ConstraintKind says what a constraint demands.
type ConstraintKind string

// The kinds of constraint.
const (
	Check      ConstraintKind = "check"
	ForeignKey ConstraintKind = "foreign_key"
	UniqueKey  ConstraintKind = "unique"
	PrimaryKey ConstraintKind = "primary_key"
	Exclude    ConstraintKind = "exclude"
	NotNull    ConstraintKind = "not_null"
)

// Constraint is a table's, a column's or a domain's constraint.
type Constraint struct {
	Kind       ConstraintKind
	Name       string
	Columns    []string
	NotValid   bool
	UsingIndex string
	References Name
	RefersTo   []string // columns of References; none: its primary key
	Deferrable bool
	OnDelete   string // "", "cascade", "set null", "set default"
	// NotNullColumn is c where a CHECK says exactly "c IS NOT NULL".
	NotNullColumn    string
	NotNulls         []string // the columns that a CHECK demands not to be NULL: "a IS NOT NULL AND …"
	Reads            []string // the columns in a CHECK, in the expressions and the WHERE of an EXCLUDE, and those that a key includes
	NullPasses       bool     // of a column's or domain's CHECK: NULL is not refused, whatever else the row holds
	NullsNotDistinct bool     // UNIQUE NULLS NOT DISTINCT
	Calls            []string // the functions in a CHECK whose effect we do not know
	// SQL is the constraint as one writes it in ALTER TABLE … ADD, without its name and without NOT VALID.
	SQL string
}

// Command is one part of an ALTER TABLE, INDEX, VIEW or TYPE.
type Command struct {
	Kind         CommandKind
	Name         string // the column, constraint, trigger or index it is about
	NewName      string
	Column       *Column     // ADD COLUMN
	Constraint   *Constraint // ADD and ALTER CONSTRAINT
	Type         Type        // of ALTER COLUMN … TYPE
	Using        bool        // ALTER COLUMN … TYPE … USING
	UsingItself  bool        // … USING the column alone, or cast to that very type
	UsingSQL     string      // … what is behind USING
	Collation    bool        // ALTER COLUMN … TYPE … COLLATE
	Default      *Default    // SET DEFAULT
	Calls        []string    // the functions in it whose effect we do not know
	Other        Name        // the partition or parent
	Detail       string      // owner, identity kind, replica identity, names of options, the storage; of a trigger "replica" or "always"
	IsDefault    bool        // ATTACH PARTITION … DEFAULT
	Cascade      bool
	IfExists     bool
	IfNotExists  bool
	Concurrently bool
}

// String is the type as one would write it.
func (t Type) String() string {
	var b strings.Builder
	b.WriteString(Name{t.Schema, t.Name}.String())
	for i, m := range t.Mods {
		b.WriteString([]string{"(", ","}[min(i, 1)])
		b.WriteString(itoa(m))
	}
	if len(t.Mods) > 0 {
		b.WriteByte(')')
	}
	b.WriteString(t.Other)
	if t.Array {
		b.WriteString("[]")
	}
	return b.String()
}
