package policies

import "teal.dev/teal/migrate/statement"

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
				lockUsers(s, f)
				return
			default:
				if len(s.Constraints) == 0 || !s.Constraints[0].NotValid {
					lockUsers(s, f)
					return
				}
				f.Why = "instant, but enforced at once on the running version's writes"
			}
			f.Instead = ""
			f.unlock()
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "NOT VALID takes no lock on the tables and is enforced on new writes all the same"}},
		Bad:   Example{Before: "CREATE DOMAIN stars AS int;", SQL: "ALTER DOMAIN stars SET NOT NULL;"},
		Good:  Example{SQL: "CREATE DOMAIN stars AS int;"},
	}
}
