package policies

import "teal.dev/teal/migrate/statement"

func changeOwner() Rule {
	return Rule{
		ID: "change-owner", Title: "OWNER TO",
		Reason:        "the old owner loses what only owners may do, and the new one passes by row security and grants",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged},
		On: append(on(statement.ChangeOwner), string(statement.AlterOwner), "alter_view/change_owner", "alter_materialized_view/change_owner",
			"alter_sequence/change_owner", "alter_type/change_owner"),
		Refine: func(s *Subject, f *Finding) {
			if s.Command != nil {
				f.lock(AccessExclusive, s.Name.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note OWNER TO clerk;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
