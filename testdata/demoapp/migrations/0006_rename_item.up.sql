-- A bad release on purpose: the running version still reads orders.item.
ALTER TABLE orders RENAME COLUMN item TO title;
