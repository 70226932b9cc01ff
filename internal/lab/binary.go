package lab

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sort"
)

// binary finds a server's program: PATH first, then where Debian puts what is not meant to be typed.
func binary(name, install string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err != nil {
			return "", fmt.Errorf("lab: look for %s: %w", name, err)
		}
		sort.Strings(found)
		for i := len(found) - 1; i >= 0; i-- { // the newest major version first
			if path, err := exec.LookPath(found[i]); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("lab: %s is not installed; run: %s", name, install)
}

func postgresBinary(name string) (string, error) {
	return binary(name, "apt-get install postgresql", "/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")
}

func haproxyBinary() (string, error) {
	return binary("haproxy", "apt-get install haproxy", "/usr/sbin", "/usr/local/sbin")
}
