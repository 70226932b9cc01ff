package demoapp

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed migrations
var files embed.FS

// folders are the files that come with each release of the shop: a folder grows and never changes what was released.
func folders() map[string][]string {
	v1 := []string{"0001_customers"}
	v2 := append(slices.Clone(v1), "0002_add_names", "0003_sync_names", "0004_backfill_names", "0005_drop_name")
	return map[string][]string{
		"v1":         v1,
		"v2":         v2, // splits a column: four expand files and a contract
		"bad-rename": append(slices.Clone(v2), "0006_rename_item"),
		"bad-drop":   append(slices.Clone(v2), "0006_drop_orders"),
	}
}

// Migrations returns the migration folder that comes with a release of the shop, by file name: "v1", "v2" (splits a column),
// "bad-rename" and "bad-drop" (v2 and a file that the gate must refuse).
func Migrations(folder string) (map[string]string, error) {
	titles, known := folders()[folder]
	if !known {
		return nil, fmt.Errorf("demoapp: no migrations %q; there are %s", folder, strings.Join(slices.Sorted(maps.Keys(folders())), ", "))
	}
	out := make(map[string]string, len(titles))
	for _, title := range titles {
		name := title + ".up.sql"
		text, err := files.ReadFile("migrations/" + name)
		if err != nil {
			return nil, err
		}
		out[name] = string(text)
	}
	return out, nil
}
