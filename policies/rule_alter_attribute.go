package policies

func alterAttribute() Rule {
	return Rule{
		ID: "alter-attribute", Title: "ALTER TYPE … ALTER or DROP ATTRIBUTE",
		Reason:        "the running version uses the attribute {column} of {name}",
		Instead:       "make a new type and move over to it",
		Compatibility: Never, On: []string{"alter_type/alter_column_type", "alter_type/drop_column"},
		Bad:  Example{Before: "CREATE TYPE address AS (street text, zip text);", SQL: "ALTER TYPE address DROP ATTRIBUTE zip;"},
		Good: Example{SQL: "ALTER TYPE address ADD ATTRIBUTE zip text;"},
	}
}
