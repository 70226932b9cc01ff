package policies

import "teal.dev/teal/migrate/statement"

func renameEnumValue() Rule {
	return Rule{
		ID: "rename-enum-value", Title: "ALTER TYPE … RENAME VALUE",
		Reason:        "the running version still says '{value}': 22P02; and it reads '{new}', which it does not know",
		Instead:       "add the new value, write it from the new version on, and change the old rows when the old version is gone\n-- expand, a file of its own:\nALTER TYPE {name} ADD VALUE {label};",
		Compatibility: Never, On: on(statement.RenameEnumValue),
		Bad:  Example{Before: aMood, SQL: "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';"},
		Good: Example{SQL: "ALTER TYPE mood ADD VALUE 'blue';"},
	}
}
