package demoapp

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// database holds the statements of both versions. They name their columns, as a version that shall live beside another must.
type database struct {
	pool  *pgxpool.Pool
	split bool // version 2: first_name and last_name
}

func (d database) newest(ctx context.Context) (string, error) {
	query := "SELECT name FROM customers ORDER BY id DESC LIMIT 1"
	if d.split {
		query = "SELECT concat_ws(' ', first_name, last_name) FROM customers ORDER BY id DESC LIMIT 1"
	}
	var name string
	err := d.pool.QueryRow(ctx, query).Scan(&name)
	return name, err
}

func (d database) add(ctx context.Context, name string) (id int64, err error) {
	if d.split {
		first, last, _ := strings.Cut(name, " ")
		err = d.pool.QueryRow(ctx, "INSERT INTO customers (first_name, last_name) VALUES ($1, nullif($2, '')) RETURNING id", first, last).Scan(&id)
		return id, err
	}
	err = d.pool.QueryRow(ctx, "INSERT INTO customers (name) VALUES ($1) RETURNING id", name).Scan(&id)
	return id, err
}

func (d database) orders(ctx context.Context) ([]string, error) {
	rows, err := d.pool.Query(ctx, "SELECT item FROM orders ORDER BY id")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
