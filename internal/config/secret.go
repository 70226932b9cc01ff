package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// Secret is a reference to a value that is read when it is used: env:NAME or file:/path. A plain text is taken too,
// where it has no password in it. Printed, logged or marshalled it is "***".
type Secret struct{ text string }

func (s *Secret) set(text string) error {
	switch name, isEnv := strings.CutPrefix(text, "env:"); {
	case isEnv:
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			return errors.New("must name a variable after env:, as in env:SHOP_DSN")
		}
	case strings.HasPrefix(text, "file:"):
		var p Path
		if p.set(strings.TrimPrefix(text, "file:")) != nil {
			return errors.New("must name an absolute path after file:, as in file:/run/secrets/shop.dsn")
		}
	case hasPassword(text):
		return errors.New("has a password in it: put the whole value into a file that only teal can read and write file:/path here (or env:NAME)")
	}
	*s = Secret{text}
	return nil
}

// hasPassword recognises a password in a URL, a keyword list or a MySQL DSN.
func hasPassword(text string) bool {
	if u, err := url.Parse(text); err == nil {
		if _, set := u.User.Password(); set {
			return true
		}
		for key := range u.Query() {
			if strings.Contains(strings.ToLower(key), "password") {
				return true
			}
		}
	}
	return regexp.MustCompile(`(?i)passw(or)?d\s*=|://[^/@\s]*:[^/@\s]+@|^[^:@/\s]+:[^@\s]+@(tcp|unix)?\(`).MatchString(text)
}

// Set says whether there is one.
func (s Secret) Set() bool { return s.text != "" }

// Reference is what the file says: never the value behind env: or file:, and never a text with a password.
func (s Secret) Reference() string { return s.text }

// Resolve reads the value now.
func (s Secret) Resolve(ctx context.Context) (string, error) { return Resolve(ctx, s.text) }

// String hides the value.
func (s Secret) String() string { return "***" }

// GoString hides the value.
func (s Secret) GoString() string { return "***" }

// MarshalJSON hides the value.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }

// LogValue hides the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue("***") }

// Resolve turns a reference (env:NAME, file:/path, or a plain text) into its value. Its errors never quote the value.
func Resolve(ctx context.Context, reference string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if name, ok := strings.CutPrefix(reference, "env:"); ok {
		value, set := os.LookupEnv(name)
		if !set || value == "" {
			return "", fmt.Errorf("the variable %s is not set in teal's environment: set it in the unit file, or use file:/path", name)
		}
		return value, nil
	}
	path, ok := strings.CutPrefix(reference, "file:")
	if !ok {
		return reference, nil
	}
	value, err := readSecret(path)
	if err != nil {
		return "", fmt.Errorf("the secret cannot be read: %w; put it there, readable for the user teal runs as", err)
	}
	if value == "" {
		return "", fmt.Errorf("the secret file %s is empty", path)
	}
	return value, nil
}

// readSecret reads a small file; one final newline is the editor's, not the secret's.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path) // before the open: a pipe would wait for ever
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, 1<<16))
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), err
}

// warning says what is unwise about the file behind a reference; "" = nothing, or not known here.
func (s Secret) warning() string {
	path, ok := strings.CutPrefix(s.text, "file:")
	if !ok {
		return ""
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Sprintf("names %s, which does not exist on this machine", path)
	case err != nil:
		return ""
	case info.Mode().Perm()&0o004 != 0:
		return fmt.Sprintf("names %s, which everybody on this machine can read: chmod o-r %s", path, path)
	}
	return ""
}
