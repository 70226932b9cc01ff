package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/internal/near"
	"teal.dev/teal/policies"
)

// noteScope says on stderr what --app decides: which policies are left out without it, or that no policy names the app.
func (c *checked) noteScope(io stdio, set *policies.Set, dir string) {
	named := set.Apps()
	switch {
	case len(named) == 0:
	case c.app == "":
		fmt.Fprintf(io.err, "note: what the policies say of some apps only is left out (%s); give --app APP to judge for one of them\n", plain(strings.Join(named, ", ")))
	case !set.About(c.app):
		noteUnnamed(io, c.app, named, appsBeside(dir))
	}
}

// noteUnnamed says on stderr that the policies name apps, but not this one. An app that has its file beside them is no slip
// of the pen.
func noteUnnamed(io stdio, app string, named, known []string) {
	if len(named) == 0 || slices.Contains(known, app) {
		return
	}
	slices.Sort(named)
	named = slices.Compact(named)
	fmt.Fprintf(io.err, "note: no policy names the app %s, so only what they say of every app counts; %s\n", plain(app), plain(near.Hint(app, named)))
}

// noteApplied says on stderr when nothing tells which files a database has run, and when all of them count as run.
func (c *checked) noteApplied(io stdio, folders []*judged) {
	told := c.tells() || c.against != ""
	switch {
	case !told && slices.ContainsFunc(folders, func(j *judged) bool { return len(j.Files) > 1 }):
		fmt.Fprintln(io.err, "note: no file counts as applied, so what a file of the folder makes is new to the later ones; for a folder that has been released before, give --applied N or --against")
	case told && !slices.ContainsFunc(folders, (*judged).news):
		fmt.Fprintf(io.err, "note: every file counts as applied, so no statement was judged; the last one is %s\n", plain(lastFile(folders)))
	}
}

// news says whether a file is still to be run.
func (j *judged) news() bool {
	return slices.ContainsFunc(j.Files, func(f policies.File) bool { return !f.Applied })
}

// lastFile is the file with the highest number.
func lastFile(folders []*judged) string {
	last := ""
	for _, j := range folders {
		for _, f := range j.Files {
			if last == "" || numberOf(f.Path) > numberOf(last) {
				last = f.Path
			}
		}
	}
	return last
}

// appsBeside are the apps of the config directories that the directories of policies lie in, sorted; none where they lie
// elsewhere. A folder of policies alone says nothing about which apps there are.
func appsBeside(dirs ...string) []string {
	var names []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		// The pattern is a good one: an error is a directory's name with a bracket in it, which has no apps that we can see.
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Clean(dir)), "apps", "*.yaml"))
		for _, file := range files {
			names = append(names, strings.TrimSuffix(filepath.Base(file), ".yaml"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
