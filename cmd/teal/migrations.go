package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"teal.dev/teal/events"
)

// readMigrations reads a migration folder as the daemon would: the folder itself and its expand/ and contract/.
func readMigrations(dir string) (events.Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unreadFolder(err)
	}
	defer func() { _ = root.Close() }() // only read
	entries, err := entriesOf(func(sub string) ([]fs.DirEntry, error) { return fs.ReadDir(root.FS(), sub) })
	if err != nil {
		return nil, unreadFolder(err)
	}
	var folder events.Folder
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return nil, failf(exitUsage, "%s in the migration folder is not a regular file: move it out, or copy it in", e.name)
		}
		body, err := fs.ReadFile(root.FS(), e.name)
		if err != nil {
			return nil, unreadFolder(err)
		}
		folder = append(folder, events.File{Name: e.name, Body: body})
	}
	if r := events.ValidateFolder(folder); r != nil {
		return nil, usable(r)
	}
	return folder, nil
}

// entry is what stands in a migration folder, or in one of its two tracks.
type entry struct {
	fs.DirEntry
	name string // path in the folder
}

// entriesOf lists a migration folder, its two tracks in the place of their directories, by what reads a directory of it.
func entriesOf(read func(sub string) ([]fs.DirEntry, error)) ([]entry, error) {
	var out []entry
	for _, sub := range []string{".", "expand", "contract"} {
		found, err := read(sub)
		if sub != "." && os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			name := path.Join(sub, e.Name())
			if !e.IsDir() || name != "expand" && name != "contract" {
				out = append(out, entry{e, name})
			}
		}
	}
	return out, nil
}

// entriesIn is entriesOf for a directory that a person named.
func entriesIn(dir string) ([]entry, error) {
	entries, err := entriesOf(func(sub string) ([]fs.DirEntry, error) { return os.ReadDir(filepath.Join(dir, sub)) })
	if err != nil {
		return nil, failf(exitUsage, "%v", err)
	}
	return entries, nil
}

// unreadFolder is the error of a migration folder that cannot be read.
func unreadFolder(err error) error {
	return hinted(failf(exitUsage, "the migration folder cannot be read: %v", err), "name the folder that holds the .up.sql files, or its expand/ and contract/")
}
