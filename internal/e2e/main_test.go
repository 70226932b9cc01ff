package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"teal.dev/teal/internal/lab"
)

// shared is what all tests of this binary use: the real programs, built once, and one PostgreSQL.
var shared struct {
	teal, shop string
	postgres   *lab.Postgres
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if err := lab.Sweep(); err != nil {
		return 1, err
	}
	l, err := lab.New("")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	shared.teal, shared.shop = filepath.Join(l.Dir(), "teal"), filepath.Join(l.Dir(), "shop")
	if err := build("-race", "-o", shared.teal, "teal.dev/teal/cmd/teal"); err != nil {
		return 1, err
	}
	if err := build("-o", shared.shop, "teal.dev/teal/internal/e2e/shop"); err != nil {
		return 1, err
	}
	if shared.postgres, err = l.Postgres(context.Background(), "fsync=off", "max_connections=200", "log_min_messages=fatal"); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func build(args ...string) error {
	cmd := exec.Command("go", append([]string{"build"}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
