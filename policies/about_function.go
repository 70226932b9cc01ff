package policies

const aFunction = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';"

const touch = "\nCREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n"

const aTrigger = "CREATE TRIGGER touch BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION touch();"
