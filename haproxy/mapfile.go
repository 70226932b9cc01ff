package haproxy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"teal.dev/teal/release"
)

// NoFile is the map file of an app whose HAProxy has a file that teal cannot write.
const NoFile = "none"

func noFile(path string) bool { return path == "" || path == NoFile }

// EnsureMapFile creates an empty map file when there is none, because HAProxy does not start without it. It never
// changes a file that exists. Its directory is made, too.
func EnsureMapFile(path string) error {
	if noFile(path) {
		return nil
	}
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the map file %s cannot be looked at: %w; give teal access to its directory", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("the map file %s cannot be written: %w; create its directory and let teal write there", path, err)
	}
	return replaceFile(path, "")
}

// emptyFile tells whether the map file is there and says nothing.
func emptyFile(path string) bool {
	if noFile(path) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

// mapLine is the whole content of the map file for a route: one line, or nothing while nothing is live.
func mapLine(r release.Route) string {
	if r.Live == release.None {
		return ""
	}
	return r.App + " " + Value(r) + "\n"
}

// replaceFile puts content at path so that a crash at any moment leaves the old file or the new one, on disk, whole.
// HAProxy reads it as another user, hence 0644.
func replaceFile(path, content string) (err error) {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("the map file %s cannot be written: %w; create its directory and let teal write there", path, err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
			err = fmt.Errorf("the map file %s cannot be written: %w", path, err)
		}
	}()
	if err = temp.Chmod(0o644); err != nil {
		return err
	}
	if _, err = temp.WriteString(content); err != nil {
		return err
	}
	if err = temp.Sync(); err != nil {
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
