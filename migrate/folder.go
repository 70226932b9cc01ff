package migrate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate/statement"
)

// nameParts takes NNN_title.up.sql apart: golang-migrate's pattern without its tolerance, where any extension passes and a
// title may be empty. It is asked of every file of a folder.
func nameParts(base string) (number, title, direction string, ok bool) {
	rest := strings.TrimLeft(base, "0123456789")
	number = base[:len(base)-len(rest)]
	title, sql := strings.CutSuffix(rest, ".sql")
	title, underscore := strings.CutPrefix(title, "_")
	for _, direction := range []string{"up", "down"} {
		if bare, found := strings.CutSuffix(title, "."+direction); found && sql && underscore && number != "" && bare != "" && !strings.Contains(bare, "\n") {
			return number, bare, direction, true
		}
	}
	return "", "", "", false
}

// looksLike says that a person meant a migration by this name.
func looksLike(base string) bool {
	lower := strings.ToLower(base)
	return strings.Contains(lower, ".sql") || regexp.MustCompile(`^v?[0-9]+[-_. ].*\b(up|down)\b`).MatchString(lower)
}

// readFolder finds the migrations of a folder and the faults of their names. Bodies are not looked into but for the marker.
func readFolder(folder events.Folder, found *problems) []File {
	var files []File
	flat, tracks := "", ""
	for _, f := range folder {
		dir, base := path.Split(f.Name)
		number, title, direction, ok := nameParts(base)
		if !ok {
			if looksLike(base) {
				found.add(NearMiss, f.Name, 0, "this looks like a migration but its name is not NNN_title.up.sql, so it would never run; rename it, or move it out of the folder")
			}
			continue
		}
		track, known := trackOf(strings.TrimSuffix(dir, "/"), f.Body)
		if !known {
			found.add(NearMiss, f.Name, 0, "migrations stand in the folder itself or in its directories expand/ and contract/; move this file there, or out of the folder")
			continue
		}
		if direction == "down" {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 63)
		if err != nil || n == 0 {
			found.add(NearMiss, f.Name, 0, "the number must lie between 1 and 9223372036854775807; rename the file")
			continue
		}
		if dir == "" {
			flat = cmp.Or(flat, f.Name)
		} else {
			tracks = cmp.Or(tracks, f.Name)
		}
		if dir == "expand/" && statement.MarkedContract(f.Body) {
			found.add(TrackChanged, f.Name, 1, "the file says it is a contract and stands in expand/; move it to contract/, or remove its first line")
		}
		files = append(files, File{Number: n, Title: title, Name: f.Name, Track: track, Body: f.Body, Sum: Sum(f.Body)})
	}
	if flat != "" && tracks != "" {
		found.add(MixedLayout, flat, 0, "the folder mixes both layouts (%s stands in a directory); move every migration into expand/ and contract/, or none", tracks)
	}
	slices.SortStableFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return duplicates(files, found)
}

// Sum is a file's checksum as the ledger keeps it: "sha256:<hex>".
func Sum(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// duplicates reports numbers that two files share and keeps the first of each.
func duplicates(files []File, found *problems) []File {
	var kept []File
	for _, f := range files {
		if n := len(kept); n > 0 && kept[n-1].Number == f.Number {
			found.add(Duplicate, f.Name, 0, "number %d is taken by %s (both tracks share one sequence); give one of them a new number", f.Number, kept[n-1].Name)
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

func trackOf(dir string, body []byte) (Track, bool) {
	switch {
	case dir == "expand":
		return Expand, true
	case dir == "contract":
		return Contract, true
	case dir == "" && statement.MarkedContract(body):
		return Contract, true
	}
	return Expand, dir == ""
}
