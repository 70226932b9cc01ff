package policies

import "teal.dev/teal/migrate/statement"

const aFunction = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"

const touch = "\nCREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n"

const aTrigger = "CREATE TRIGGER touch BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION touch();"

// firstOfItsName says that nobody can call a function yet whose name no function of the database has. A type of that name
// could be called too, as a cast.
func firstOfItsName(s *Subject, f *Finding) {
	w, name := s.World, s.Name.Name
	if w.routines == nil || w.routines[name] || !userDefined(statement.Type{Name: name}) {
		return
	}
	for n := range w.functions {
		if n.Name == name {
			return
		}
	}
	for n := range w.types {
		if n.Name == name {
			return
		}
	}
	if _, table := w.namesake(statement.Name{Schema: " ", Name: name}); table {
		return // its row type
	}
	f.settled("the database has no function " + name + " yet, so the running version calls none")
}
