package policies

func addAttribute() Rule {
	return Rule{
		ID: "add-attribute", Title: "ALTER TYPE … ADD ATTRIBUTE",
		Reason:        "the running version sees a longer row of the type {name}",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, On: []string{"alter_type/add_column"},
		Bad:  Example{Before: "CREATE TYPE address AS (street text, zip text);", SQL: "ALTER TYPE address ADD ATTRIBUTE town text;"},
		Good: Example{SQL: "CREATE TYPE address AS (zip text);"},
	}
}
