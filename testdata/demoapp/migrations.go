package demoapp

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed migrations
var files embed.FS

// Migrations returns the migration folder that comes with a release of the shop, its files at the top: "v1", "v2" (splits a
// column: four expand files and a contract), "bad-rename" and "bad-drop" (v2 and a file that the gate must refuse).
func Migrations(folder string) (fs.FS, error) {
	if _, err := fs.Stat(files, "migrations/"+folder); err != nil {
		return nil, fmt.Errorf("demoapp: no migrations %q; there are v1, v2, bad-rename and bad-drop", folder)
	}
	return fs.Sub(files, "migrations/"+folder)
}
