package config

import (
	"maps"
	"path"
	"slices"
	"strings"

	"teal.dev/teal/events"
)

// Snapshot is one valid set of files. Nobody changes it; a reload makes another.
type Snapshot struct {
	Dir         string
	Hash        string
	Daemon      Daemon
	Apps        map[string]*App
	Policies    []File // raw, in order of name
	PolicyTests []File // policies/*_test.yaml
	Keys        []events.Key
	Warnings    Problems
}

// Validator judges a set with what another package knows, as the policies' parser does. Its problems refuse the set; its
// warnings are what a set may hold and should not be left with.
type Validator func(s *Snapshot) (problems, warnings Problems)

// AppNames lists the apps in order.
func (s *Snapshot) AppNames() []string { return slices.Sorted(maps.Keys(s.Apps)) }

// Load reads and checks the directory as one set. Its error is a Problems with everything that is wrong.
func Load(dir string, validators ...Validator) (*Snapshot, error) {
	return build(dir, readSet(dir), validators)
}

// loading is a set on its way to a snapshot; the decoders remember where every key stands.
type loading struct {
	snapshot *Snapshot
	daemon   *decoder
	whole    bool // teal.yaml could be read
	apps     map[string]*decoder
	keys     map[string]*decoder // by key id
}

func build(dir string, set *fileSet, validators []Validator) (*Snapshot, error) {
	l := &loading{
		snapshot: &Snapshot{Dir: dir, Hash: set.hash(), Apps: map[string]*App{}},
		daemon:   newDecoder("teal.yaml"), apps: map[string]*decoder{}, keys: map[string]*decoder{},
	}
	for _, f := range set.files {
		l.file(f)
	}
	seen := func(f File) bool { return f.Name == "teal.yaml" }
	unread := func(p Problem) bool { return p.File == "teal.yaml" || p.File == "." }
	if !slices.ContainsFunc(set.files, seen) && !slices.ContainsFunc(set.problems, unread) {
		set.unread("teal.yaml", "is missing in %s: `teal init` writes a first one", dir)
	}
	l.cross()
	problems := slices.Clone(set.problems)
	l.snapshot.Warnings = append(l.snapshot.Warnings, set.warnings...)
	for _, d := range l.decoders() {
		problems = append(problems, d.problems...)
		l.snapshot.Warnings = append(l.snapshot.Warnings, d.warnings...)
	}
	for _, validate := range validators {
		wrong, odd := validate(l.snapshot)
		problems, l.snapshot.Warnings = append(problems, wrong...), append(l.snapshot.Warnings, odd...)
	}
	l.snapshot.Warnings = l.snapshot.Warnings.sorted()
	if len(problems) > 0 {
		return nil, problems.sorted()
	}
	return l.snapshot, nil
}

func (l *loading) decoders() []*decoder {
	all := []*decoder{l.daemon}
	for _, list := range []map[string]*decoder{l.apps, l.keys} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			all = append(all, list[name])
		}
	}
	return all
}

func (l *loading) file(f File) {
	folder, base := path.Split(f.Name)
	stem := strings.TrimSuffix(base, ".yaml")
	d := newDecoder(f.Name)
	switch folder {
	case "":
		l.daemon = d
		if l.whole = d.decode(f.Data, &l.snapshot.Daemon); l.whole {
			l.snapshot.Daemon.check(d)
		}
	case "apps/":
		l.apps[stem] = d
		app := &App{}
		if !d.decode(f.Data, app) {
			return
		}
		app.Name = stem
		if !namePattern().MatchString(stem) {
			d.failAt("", "the file's name is the app's: it must be a small letter, then small letters, digits and hyphens, 40 at most")
		}
		app.check(d)
		if app.Traffic.Map.Name == "" {
			app.Traffic.Map.Name = string(app.Traffic.Map.File)
		}
		l.snapshot.Apps[stem] = app
	case "keys/":
		l.keys[stem] = d
		var file keyFile
		if !d.decode(f.Data, &file) {
			return
		}
		l.snapshot.Keys = append(l.snapshot.Keys, file.check(d, stem))
	case "policies/":
		if strings.HasSuffix(stem, "_test") {
			l.snapshot.PolicyTests = append(l.snapshot.PolicyTests, f)
		} else {
			l.snapshot.Policies = append(l.snapshot.Policies, f)
		}
	}
}
