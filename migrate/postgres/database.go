package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says which database, on whose behalf, and how patient.
type Config struct {
	App        string
	URL        string        // the database as the app's config names it
	DirectURL  string        // past the pooler; "" = URL
	Table      string        // golang-migrate's version table; "" = schema_migrations
	MaxRows    int64         // a data statement that is estimated to touch more is refused; 0 = 100,000
	LockBudget time.Duration // time one Apply may spend waiting for locks; 0 = 10 minutes
	Deadline   time.Duration // for what waits and works without blocking anybody: CREATE INDEX CONCURRENTLY, VALIDATE; 0 = 6 hours
	StoreID    string        // identity of the store that leads this database; "" = not compared
	Logger     *slog.Logger  // nil = silent
}

// Database migrates one app's database. It connects when asked and keeps no connection in between; its methods may be
// called at once.
type Database struct {
	config Config
	dial   *pgx.ConnConfig
}

// Open checks the config. It does not connect.
func Open(config Config) (*Database, error) {
	if config.App == "" {
		return nil, errors.New("a database needs the name of its app; this is a defect of teal")
	}
	config.Table = cmp.Or(config.Table, "schema_migrations")
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,50}$`).MatchString(config.Table) {
		return nil, fmt.Errorf("database.table %q: give the bare name of golang-migrate's version table, up to 51 characters", config.Table)
	}
	config.MaxRows = cmp.Or(config.MaxRows, 100_000)
	config.LockBudget = cmp.Or(config.LockBudget, 10*time.Minute)
	config.Deadline = cmp.Or(config.Deadline, 6*time.Hour)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	dial, err := pgx.ParseConfig(cmp.Or(config.DirectURL, config.URL))
	if err != nil {
		// The parser's message quotes the address, and where it is malformed nobody can tell which part is the password.
		return nil, fmt.Errorf("%s is no address that can be read (it is not shown, for its password's sake): write "+
			"postgres://user:password@host:5432/name?sslmode=verify-full, with what is special in the password percent-encoded", config.key())
	}
	if dial.ConnectTimeout == 0 {
		dial.ConnectTimeout = 5 * time.Second
	}
	return &Database{config: config, dial: dial}, nil
}

// key names the setting that the session's address comes from.
func (c Config) key() string {
	if c.DirectURL != "" {
		return "database.direct_url"
	}
	return "database.url"
}
