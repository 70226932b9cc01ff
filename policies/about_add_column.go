package policies

import "teal.dev/teal/migrate/statement"

const expandColumn = "\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} {type};\n"

// noteTable is the schema of most examples: a table that earlier releases made.
const noteTable = "CREATE TABLE person (id bigint PRIMARY KEY);\nCREATE TABLE note (id bigint PRIMARY KEY, title varchar(20) NOT NULL, body text, n int, at timestamp, CONSTRAINT note_title UNIQUE (title));"

// special says which of the ADD COLUMN rules beyond the plain one speak about a column, so that the plain one keeps quiet.
func special(s *Subject) bool {
	c := s.Command.Column
	if c == nil {
		return true
	}
	return notNullWithoutValue(c) || c.Serial() || c.Identity != "" || c.Generated || len(c.Constraints) > 0 ||
		c.Default != nil && c.Default.Volatility == statement.Volatile || userDefined(c.Type) && !s.World.harmlessType(c) ||
		c.Type.Name == "json"
}

func notNullWithoutValue(c *statement.Column) bool {
	return (c.NotNull || c.Has(statement.PrimaryKey)) && (c.Default == nil || c.Default.Null) && !c.Serial() && c.Identity == "" && !c.Generated
}
