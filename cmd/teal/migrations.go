package main

import (
	"io/fs"
	"os"
	"path"

	"teal.dev/teal/events"
)

// readMigrations reads a migration folder as the daemon would: the folder itself and its expand/ and contract/.
func readMigrations(dir string) (events.Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unreadFolder(err)
	}
	defer func() { _ = root.Close() }() // only read
	var folder events.Folder
	for _, sub := range []string{".", "expand", "contract"} {
		entries, err := fs.ReadDir(root.FS(), sub)
		if sub != "." && os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, unreadFolder(err)
		}
		for _, e := range entries {
			name := path.Join(sub, e.Name())
			switch {
			case sub == "." && e.IsDir() && (name == "expand" || name == "contract"):
				continue
			case !e.Type().IsRegular():
				return nil, failf(exitUsage, "%s in the migration folder is not a regular file: move it out, or copy it in", name)
			}
			body, err := fs.ReadFile(root.FS(), name)
			if err != nil {
				return nil, unreadFolder(err)
			}
			folder = append(folder, events.File{Name: name, Body: body})
		}
	}
	if r := events.ValidateFolder(folder); r != nil {
		return nil, usable(r)
	}
	return folder, nil
}

// unreadFolder is the error of a migration folder that cannot be read.
func unreadFolder(err error) error {
	return hinted(failf(exitUsage, "the migration folder cannot be read: %v", err), "name the folder that holds the .up.sql files, or its expand/ and contract/")
}
