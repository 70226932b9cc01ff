-- Both versions write while the release goes on: whichever side a statement sets, the other follows.
CREATE FUNCTION customers_sync_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND NEW.name IS NOT DISTINCT FROM OLD.name
        AND (NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name)
        OR NEW.name IS NULL
    THEN
        NEW.name := concat_ws(' ', NEW.first_name, NEW.last_name);
    ELSIF TG_OP = 'INSERT' OR NEW.name IS DISTINCT FROM OLD.name THEN
        NEW.first_name := split_part(NEW.name, ' ', 1);
        NEW.last_name := nullif(substr(NEW.name, length(NEW.first_name) + 2), '');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_sync_names BEFORE INSERT OR UPDATE ON customers
    FOR EACH ROW EXECUTE FUNCTION customers_sync_names();
