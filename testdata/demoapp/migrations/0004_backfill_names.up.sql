-- Guarded: rows that the trigger has filled already are left alone, so it may be repeated.
UPDATE customers
SET first_name = split_part(name, ' ', 1),
    last_name = nullif(substr(name, length(split_part(name, ' ', 1)) + 2), '')
WHERE first_name IS NULL;
