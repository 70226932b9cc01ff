package policies

import "teal.dev/teal/migrate/statement"

const aFunction = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"

func createFunction() Rule {
	return Rule{
		ID: "create-function", Title: "CREATE FUNCTION, CREATE PROCEDURE",
		Reason:        "an overload of a name that the running version calls can make its calls ambiguous (42725) or take them over",
		Instead:       "give it a name that nothing has yet",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.CreateFunction),
		Match: func(s *Subject) bool { return !s.Replace },
		Bad:   Example{SQL: aFunction},
		Good:  Example{SQL: "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"},
	}
}

func replaceFunction() Rule {
	return Rule{
		ID: "replace-function", Title: "CREATE OR REPLACE FUNCTION",
		Reason:        "if the running version, a trigger or a view calls {name}, it runs the new body from the moment of the commit",
		Instead:       "make {name}_v2 for the new version, and drop {name} in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.CreateFunction),
		Match: func(s *Subject) bool { return s.Replace },
		Bad:   Example{Before: aFunction, SQL: "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"},
		Good:  Example{SQL: aFunction},
	}
}

func alterFunction() Rule {
	return Rule{
		ID: "alter-function", Title: "ALTER FUNCTION",
		Reason:        "the running version's calls of {name} behave differently from now on",
		Instead:       "make {name}_v2 for the new version, and drop {name} in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.AlterFunction),
		Refine: func(s *Subject, f *Finding) {
			if s.NewName != "" || s.NewSchema != "" {
				f.raise(Never)
				f.Why = "the running version still says " + s.Name.String() + ": 42883 from the moment of the rename"
			}
		},
		Bad:  Example{Before: aFunction, SQL: "ALTER FUNCTION f(int) STABLE;"},
		Good: Example{SQL: aFunction},
	}
}

func dropFunction() Rule {
	return Rule{
		ID: "drop-function", Title: "DROP FUNCTION, DROP PROCEDURE",
		Reason:        "the running version, its triggers or other functions call {name} until it is retired: 42883. PL/pgSQL callers are not in the catalogue's dependencies",
		Instead:       "-- teal:contract, a file of its own:\nDROP FUNCTION {name};",
		Compatibility: Contract, On: on(statement.DropFunction),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Why = "CASCADE drops triggers, defaults and views that call it, and the text does not say which"
			}
		},
		Bad:  Example{Before: aFunction, SQL: "DROP FUNCTION f(int);"},
		Good: Example{SQL: aFunction},
	}
}

const touch = "\nCREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n"

const aTrigger = "CREATE TRIGGER touch BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION touch();"

func createTrigger() Rule {
	return Rule{
		ID: "create-trigger", Title: "CREATE TRIGGER",
		Reason:        "it runs in the running version's writes to {table} too: it may change its rows or make its writes fail",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive, On: on(statement.CreateTrigger),
		Bad:  Example{Before: noteTable + touch, SQL: aTrigger},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE note2 (id int);\nCREATE TRIGGER touch BEFORE UPDATE ON note2 FOR EACH ROW EXECUTE FUNCTION touch();"},
	}
}

func dropTrigger() Rule {
	return Rule{
		ID: "drop-trigger", Title: "DROP TRIGGER",
		Reason:        "the running version may rely on it: an updated_at, a copied column, a refusal",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.DropTrigger),
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "DROP TRIGGER touch ON note;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
	}
}

func disableTrigger() Rule {
	return Rule{
		ID: "disable-trigger", Title: "ENABLE, DISABLE TRIGGER or RULE",
		Reason:        "the running version's writes to {table} behave differently from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive,
		On: on(statement.EnableTrigger, statement.DisableTrigger, statement.AlterRule),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Kind == statement.AlterRule {
				f.unlock()
				f.lock(AccessExclusive, s.Name.String())
			}
		},
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
		Good: Example{Before: noteTable, SQL: "DROP TRIGGER touch ON note;"},
	}
}

func renameTrigger() Rule {
	return Rule{
		ID: "rename-trigger", Title: "ALTER TRIGGER … RENAME",
		Reason:        "triggers run in the order of their names, so the order may change",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.RenameTrigger),
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "ALTER TRIGGER touch ON note RENAME TO a_touch;"},
		Good: Example{Before: noteTable, SQL: "DROP TRIGGER touch ON note;"},
	}
}

func createRule() Rule {
	return Rule{
		ID: "create-rule", Title: "CREATE RULE",
		Reason:        "it rewrites the running version's statements on {table}",
		Instead:       "use a trigger or a view",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.CreateRule),
		Bad:  Example{Before: noteTable, SQL: "CREATE RULE no_delete AS ON DELETE TO note DO INSTEAD NOTHING;"},
		Good: Example{Before: noteTable, SQL: aTrigger},
	}
}

func dropRule() Rule {
	return Rule{
		ID: "drop-rule", Title: "DROP RULE",
		Reason:        "the running version's statements on {table} are no longer rewritten",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.DropRule),
		Bad:  Example{Before: noteTable + "\nCREATE RULE no_delete AS ON DELETE TO note DO INSTEAD NOTHING;", SQL: "DROP RULE no_delete ON note;"},
		Good: Example{Before: noteTable, SQL: aTrigger},
	}
}

func createExtension() Rule {
	return Rule{
		ID: "create-extension", Title: "CREATE EXTENSION, ALTER EXTENSION, event triggers",
		Reason:        "the text does not show what it makes; it may need a superuser, and operators it brings may take over calls",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect}, On: on(statement.CreateExtension, statement.AlterExtension, statement.EventTrigger),
		Bad:  Example{SQL: "CREATE EXTENSION IF NOT EXISTS pgcrypto;"},
		Good: Example{SQL: "CREATE SCHEMA audit;"},
	}
}

func dropExtension() Rule {
	return Rule{
		ID: "drop-extension", Title: "DROP EXTENSION",
		Reason:        "the running version calls functions and uses types of {name} until it is retired",
		Instead:       "-- teal:contract, a file of its own:\nDROP EXTENSION {name};",
		Compatibility: Contract, On: on(statement.DropExtension),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Why = "CASCADE drops columns of its types and indexes with its operators, and the text does not say which"
			}
		},
		Bad:  Example{Before: "CREATE EXTENSION pgcrypto;", SQL: "DROP EXTENSION pgcrypto;"},
		Good: Example{SQL: "CREATE EXTENSION pgcrypto;"},
	}
}
