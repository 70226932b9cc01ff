package events

import (
	"sort"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func (f Folder) sort() { sort.Slice(f, func(i, j int) bool { return f[i].Name < f[j].Name }) }

// ValidateFolder checks the names, number and sizes of a migration folder, wherever it came from. What the files say is
// not its business. Whoever reads a directory must refuse what is not a regular file before.
func ValidateFolder(f Folder) *Rejection {
	if len(f) == 0 {
		return reject(BadFolder, "", "the migration folder has no files; send the whole folder, or say migrations: {kind: none}")
	}
	if len(f) > MaxFiles {
		return reject(BadFolder, "", "the migration folder has %d files and %d are the most; baseline and remove the oldest", len(f), MaxFiles)
	}
	total := 0
	seen := make(map[string]string, len(f))
	for _, file := range f {
		if !isFileName(file.Name) {
			return reject(BadFolder, "", "the migration file %q has an illegal name; use letters, digits, '.', '_' and '-', without '..', right in the folder or in expand/ or contract/",
				clip(file.Name))
		}
		folded := strings.ToLower(file.Name)
		if other, ok := seen[folded]; ok {
			return reject(BadFolder, "", "the migration files %q and %q have the same name but for case; rename one", other, file.Name)
		}
		seen[folded] = file.Name
		if len(file.Body) > MaxFile {
			return reject(BadFolder, "", "the migration file %s has %d bytes and %d are the most; split it, or load data by a job", file.Name, len(file.Body), MaxFile)
		}
		if total += len(file.Body); total > MaxFolder {
			return reject(BadFolder, "", "the migration folder has more than %d MiB; baseline and remove the oldest files", MaxFolder>>20)
		}
	}
	return nil
}

func isFileName(name string) bool {
	base := name
	for _, dir := range []string{"expand/", "contract/"} {
		if rest, ok := strings.CutPrefix(name, dir); ok {
			base = rest
		}
	}
	return token(base, alnum, or(alnum, "._-"), 128) && !strings.Contains(base, "..")
}

func checkInline(f Folder) *Rejection {
	const at = "/data/migrations/files"
	if r := ValidateFolder(f); r != nil {
		r.Pointer = at
		return r
	}
	total := 0
	for _, file := range f {
		if total += len(file.Body); total > MaxInline {
			return reject(TooLarge, string(jsontext.Pointer(at).AppendToken(file.Name)), "the inline migrations have more than %d KiB; send them as a directory that the app's config allows (migrations: {kind: dir})", MaxInline>>10)
		}
	}
	return nil
}
