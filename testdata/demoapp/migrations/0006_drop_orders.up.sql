-- A bad release on purpose: the running version still reads orders.
DROP TABLE orders;
