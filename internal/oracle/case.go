package oracle

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"teal.dev/teal/policies"
)

// Part is what a case shows about its rule.
type Part string

// The parts. A bad case does the harm that the rule names, a good one is the way without it, and a borderline one lies
// just beside the line, on either side.
const (
	Bad        Part = "bad"
	Good       Part = "good"
	Borderline Part = "borderline"
)

// Case is a schema with its data, the old version's statements and a migration.
type Case struct {
	Path     string
	Rule     string
	Part     Part
	About    string // one line: what it shows
	Spared   bool   // the old version does not use what the migration is about, so a hazard must not bite
	Upper    bool   // what the gate says of the operation is a bound: it cannot see that PostgreSQL is spared some work
	Schema   string
	Files    []policies.File // the migration; several are files of one release
	Old      []Old
	Careless []Old    // what an expand must bear as well
	New      []string // what the new version writes, which the old schema must refuse
	Proof    []string // queries that must be true afterwards, where the harm is not in the old version's answers
	Server   int      // the major version that the gate is told
	Policy   string
	Want     string
	archive  *txtar.Archive
}

// Defaults are what a case that says nothing is run with.
type Defaults struct {
	Schema   string
	Careful  []Old // says what it wants, column by column
	Careless []Old // everything an application may say
}

// Load reads the cases of a folder: <rule>/<part>[-name].txtar.
func Load(dir fs.FS) ([]Case, error) {
	defaults, err := loadDefaults(dir)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(dir, "*/*.txtar")
	if err != nil {
		return nil, fmt.Errorf("list the cases: %w", err)
	}
	slices.Sort(names)
	var cases []Case
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("read the case: %w", err)
		}
		c, err := parseCase(name, text, defaults)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func loadDefaults(dir fs.FS) (Defaults, error) {
	text, err := fs.ReadFile(dir, "default.txtar")
	if err != nil {
		return Defaults{}, fmt.Errorf("read the defaults of the cases: %w", err)
	}
	var d Defaults
	for _, f := range txtar.Parse(text).Files {
		switch f.Name {
		case "schema.sql":
			d.Schema = string(f.Data)
		case "careful.sql":
			d.Careful, err = parseOld(string(f.Data))
		case "careless.sql":
			d.Careless, err = parseOld(string(f.Data))
			for i := range d.Careless {
				d.Careless[i].Any = true
			}
		default:
			return d, fmt.Errorf("default.txtar: unknown section %q; known are schema.sql, careful.sql and careless.sql", f.Name)
		}
		if err != nil {
			return d, fmt.Errorf("default.txtar: %s: %w", f.Name, err)
		}
	}
	return d, nil
}

func parseCase(name string, text []byte, d Defaults) (Case, error) {
	a := txtar.Parse(text)
	c := Case{Path: name, Rule: path.Dir(name), Schema: d.Schema, Server: 15, archive: a}
	part, _, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".txtar"), "-")
	c.Part = Part(part)
	if c.Part != Bad && c.Part != Good && c.Part != Borderline {
		return c, fmt.Errorf("a case's name starts with bad, good or borderline, not %q", part)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(a.Comment)), "\n") {
		switch {
		case line == "spared":
			c.Spared = true
		case line == "server 17": // syntax that the server at hand refuses
			c.Server = 17
		case line == "at most":
			c.Upper = true
		case c.About == "":
			c.About = line
		default:
			return c, fmt.Errorf("the header is one line about the case and perhaps the line %q, not %q", "spared", line)
		}
	}
	told := false
	for _, f := range a.Files {
		if err := c.section(f, &told); err != nil {
			return c, err
		}
	}
	if strings.HasPrefix(c.Schema, d.Schema) {
		c.Careless = d.Careless
	}
	if len(c.Files) == 0 {
		return c, fmt.Errorf("there is no section migration.sql")
	}
	if !told {
		c.Old = d.Careful
	}
	if c.Part == Good {
		c.Spared = true
	}
	return c, nil
}

func (c *Case) section(f txtar.File, told *bool) error {
	text := string(f.Data)
	var err error
	switch {
	case f.Name == "schema.sql":
		c.Schema = text
	case f.Name == "more.sql":
		c.Schema += text
	case f.Name == "old.sql":
		*told = true
		c.Old, err = parseOld(text)
	case strings.HasPrefix(f.Name, "migration"):
		c.Files = append(c.Files, policies.File{Path: fmt.Sprintf("%04d_%s", len(c.Files)+2, strings.Replace(f.Name, ".sql", ".up.sql", 1)), Body: f.Data})
	case f.Name == "new.sql":
		c.New = lines(text)
	case f.Name == "proof.sql":
		c.Proof = lines(text)
	case f.Name == "policy.yaml":
		c.Policy = text
	case f.Name == "want":
		c.Want = text
	default:
		err = fmt.Errorf("unknown section; known are schema.sql, more.sql, old.sql, migration*.sql, new.sql, proof.sql, policy.yaml and want")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

func lines(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			out = append(out, line)
		}
	}
	return out
}

// WithWant is the case's text with another want section.
func (c *Case) WithWant(want string) []byte {
	a := &txtar.Archive{Comment: c.archive.Comment}
	for _, f := range c.archive.Files {
		if f.Name != "want" {
			a.Files = append(a.Files, f)
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(want)})
	return txtar.Format(a)
}
