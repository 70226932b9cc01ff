package policies

import "teal.dev/teal/migrate/statement"

const aMood = "CREATE TYPE mood AS ENUM ('sad', 'glad');"

func createType() Rule {
	return Rule{
		ID: "create-type", Title: "CREATE TYPE",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateEnum, statement.CreateType),
		Bad:  Example{SQL: "CREATE TYPE mood AS ENUM ('sad', 'glad');"},
		Good: Example{SQL: "ALTER TYPE mood ADD VALUE 'wild';"},
	}
}

func addEnumValue() Rule {
	return Rule{
		ID: "add-enum-value", Title: "ALTER TYPE … ADD VALUE",
		Reason:        "harmless until the new version writes '{value}': then the running version reads a value it does not know. It cannot be removed again",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, On: on(statement.AddEnumValue),
		Facts: []Fact{{"PostgreSQL 12+", "allowed in a transaction, but the value cannot be used before its commit: keep it in a file of its own"}},
		Bad:   Example{Before: aMood, SQL: "ALTER TYPE mood ADD VALUE 'wild';"},
		Good:  Example{SQL: "CREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'wild';"},
	}
}

func renameEnumValue() Rule {
	return Rule{
		ID: "rename-enum-value", Title: "ALTER TYPE … RENAME VALUE",
		Reason:        "the running version still says '{value}': 22P02; and it reads '{new}', which it does not know",
		Instead:       "add the new value, write it from the new version on, and change the old rows when the old version is gone\n-- expand, a file of its own:\nALTER TYPE {name} ADD VALUE '{new}';",
		Compatibility: Never, On: on(statement.RenameEnumValue),
		Bad:  Example{Before: aMood, SQL: "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';"},
		Good: Example{SQL: "ALTER TYPE mood ADD VALUE 'blue';"},
	}
}

func dropType() Rule {
	return Rule{
		ID: "drop-type", Title: "DROP TYPE, DROP DOMAIN",
		Reason:        "casts and columns of the running version use {name}; to take a value out of an enum by making it anew rewrites every column",
		Instead:       "move the columns to a new type first (see alter-column-type); a type that nothing uses may be dropped with a waiver",
		Compatibility: Never, On: on(statement.DropType),
		Bad:  Example{Before: aMood, SQL: "DROP TYPE mood;"},
		Good: Example{SQL: "CREATE TYPE mood AS ENUM ('sad');"},
	}
}

func renameType() Rule {
	return Rule{
		ID: "rename-type", Title: "RENAME TYPE",
		Reason:        "the running version still says {name} in its casts, and drivers look types up by name",
		Instead:       "leave the name, or make a new type and move column by column (see alter-column-type)",
		Compatibility: Never, On: on(statement.RenameType),
		Bad:  Example{Before: aMood, SQL: "ALTER TYPE mood RENAME TO humour;"},
		Good: Example{SQL: "CREATE TYPE humour AS ENUM ('sad');"},
	}
}

func addAttribute() Rule {
	return Rule{
		ID: "add-attribute", Title: "ALTER TYPE … ADD ATTRIBUTE",
		Reason:        "the running version sees a longer row of the type {name}; PostgreSQL refuses it if a column has the type",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, On: []string{"alter_type/add_column"},
		Bad:  Example{Before: "CREATE TYPE address AS (street text, zip text);", SQL: "ALTER TYPE address ADD ATTRIBUTE town text;"},
		Good: Example{SQL: "CREATE TYPE address AS (zip text);"},
	}
}

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

func createDomain() Rule {
	return Rule{
		ID: "create-domain", Title: "CREATE DOMAIN",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateDomain),
		Bad:  Example{SQL: "CREATE DOMAIN stars AS int CHECK (VALUE < 6);"},
		Good: Example{SQL: "ALTER DOMAIN stars SET NOT NULL;"},
	}
}

func alterDomain() Rule {
	return Rule{
		ID: "alter-domain", Title: "ALTER DOMAIN",
		Reason:        "a new constraint is enforced on the running version's writes to every column of {name}, and all those tables are read while their writes wait",
		Instead:       "-- expand:\nALTER DOMAIN {name} ADD CONSTRAINT … CHECK (…) NOT VALID;\n-- a later file:\nALTER DOMAIN {name} VALIDATE CONSTRAINT …;",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Scan: true, Blocks: BlocksWrites, On: on(statement.AlterDomain),
		Refine: func(s *Subject, f *Finding) {
			switch s.Detail {
			case "set default":
				f.Hazards = []Hazard{BehaviourChanged}
				f.Why = "inserts of the running version that leave the column out store another value"
			case "drop not null", "drop constraint":
				f.Hazards = []Hazard{NewValues}
				f.Why = "harmless until the new version writes what the domain forbade"
			case "validate constraint":
				f.Compatibility, f.Hazards = Expand, []Hazard{}
				f.Why, f.Instead = "reads the tables that use it, while their writes wait", ""
				return
			default:
				if len(s.Constraints) == 0 || !s.Constraints[0].NotValid {
					return
				}
				f.Why = "instant, but enforced at once on the running version's writes"
			}
			f.Instead = ""
			f.unlock()
		},
		Bad:  Example{Before: "CREATE DOMAIN stars AS int;", SQL: "ALTER DOMAIN stars SET NOT NULL;"},
		Good: Example{SQL: "CREATE DOMAIN stars AS int;"},
	}
}

func createSequence() Rule {
	return Rule{
		ID: "create-sequence", Title: "CREATE SEQUENCE",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateSequence),
		Bad:  Example{SQL: "CREATE SEQUENCE ticket;"},
		Good: Example{SQL: "DROP SEQUENCE ticket;"},
	}
}

func renameSequence() Rule {
	return Rule{
		ID: "rename-sequence", Title: "RENAME SEQUENCE",
		Reason:        "nextval('{name}') of the running version fails with 42P01; defaults of columns follow",
		Instead:       "leave the name",
		Compatibility: Never, Lock: AccessExclusive, On: on(statement.RenameSequence),
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "ALTER SEQUENCE ticket RENAME TO voucher;"},
		Good: Example{SQL: "CREATE SEQUENCE voucher;"},
	}
}

func dropSequence() Rule {
	return Rule{
		ID: "drop-sequence", Title: "DROP SEQUENCE",
		Reason:        "the running version draws numbers from {name} until it is retired",
		Instead:       "-- teal:contract\nDROP SEQUENCE {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropSequence),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Why = "CASCADE drops the defaults of columns, and the text does not say which"
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "DROP SEQUENCE ticket;"},
		Good: Example{SQL: "CREATE SEQUENCE ticket;"},
	}
}

func alterSequence() Rule {
	return Rule{
		ID: "alter-sequence", Title: "ALTER SEQUENCE",
		Reason:        "numbers may collide or run out, and code that reserves blocks of INCREMENT breaks; callers of nextval wait",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive, On: on(statement.AlterSequence),
		Refine: func(s *Subject, f *Finding) {
			if len(s.Columns) == 1 && s.Columns[0] == "owned_by" {
				f.Compatibility, f.Hazards, f.Why = Expand, []Hazard{}, "OWNED BY only says with which column the sequence goes"
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "ALTER SEQUENCE ticket RESTART WITH 1;"},
		Good: Example{SQL: "CREATE SEQUENCE ticket;"},
	}
}
