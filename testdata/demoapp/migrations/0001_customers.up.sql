CREATE TABLE customers (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE orders (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL
);
INSERT INTO customers (name) VALUES ('Ada Lovelace'), ('Grace Brewster Hopper'), ('Plato');
INSERT INTO orders (item) VALUES ('analytical engine'), ('compiler');
