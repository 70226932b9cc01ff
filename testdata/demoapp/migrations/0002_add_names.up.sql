-- Nullable and without a default: the running version does not notice.
ALTER TABLE customers
    ADD COLUMN first_name text,
    ADD COLUMN last_name text;
