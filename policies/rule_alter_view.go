package policies

func alterView() Rule {
	return Rule{
		ID: "alter-view", Title: "ALTER VIEW … SET, ALTER COLUMN DEFAULT",
		Reason:        "writes and reads of the running version through {name} behave differently from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   []string{"alter_view/set_default", "alter_view/drop_default", "alter_view/set_options"},
		Bad:  Example{Before: noteTable + aView, SQL: "ALTER VIEW titles ALTER COLUMN title SET DEFAULT 'x';"},
		Good: Example{Before: noteTable, SQL: "CREATE VIEW headings AS SELECT title FROM note;"},
	}
}
