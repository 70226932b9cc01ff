package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"

	"teal.dev/teal/migrate/statement"
)

// Phase is the track a file belongs to, or PhaseAuto to let the file say.
type Phase string

// The phases.
const (
	PhaseAuto     Phase = "auto"
	PhaseExpand   Phase = "expand"
	PhaseContract Phase = "contract"
	PhasePolicy   Phase = "policy" // of a report on a policy file: what is said of its waivers
	PhaseFolder   Phase = "folder" // of a report on what is not judged: what is said of its name, number or place in the folder
)

// File is one migration. Applied files are not judged; they tell what the schema looked like before.
type File struct {
	Path    string
	Phase   Phase // empty: auto
	Body    []byte
	Applied bool
	Stays   string // why Fix may not give it another number; "" = it may
}

// Input is a folder of migrations and what it is judged by. Files are in the order of their numbers.
type Input struct {
	Files   []File
	Policy  Set
	App     string
	Dialect statement.Dialect // empty: PostgreSQL
	Fresh   bool              // no version of the app runs and its database is empty: nothing can be harmed
	Rows    map[string]int64  // estimated rows by table, schema.name or name; one that is missing or negative is not known, and counts as large
	Now     time.Time         // for waivers
	// Tables are the database's relations (schema.name or name) and their columns, where the caller knows them. It makes
	// IF NOT EXISTS of a new object recognisable; nil changes nothing else.
	Tables map[string][]string
	// Schema is what the database has, written as SQL, where the caller has read it. It is known better than from the applied
	// files, so it takes their place.
	Schema []byte
	// Invalid are the indexes that a failed build left, as name or schema.name, and Functions the names of all functions in any
	// schema, where the caller has read them; nil says that nobody knows.
	Invalid   []string
	Functions []string
	Server    int // the server's major version, such as 15; 0: not known, and then taken for 12 or newer
}

// Check judges every file that is not applied: the expand files in order, then the contract files, as they would run.
func Check(in Input) Report {
	c := newChecker(in)
	report := Report{Files: []FileReport{}, Decision: Allow}
	results := make([]*FileReport, len(in.Files))
	tracks := [][]int{c.files(nil), c.files(only(PhaseExpand)), c.files(only(PhaseContract))}
	if in.Fresh {
		tracks = [][]int{c.files(nil), c.files(func(*File) bool { return true })}
	}
	order := slices.Concat(tracks...)
	parsed := parseAhead(in.Files, order, c.in.Dialect)
	for _, i := range order {
		results[i] = c.file(&in.Files[i], parsed())
	}
	for _, r := range results {
		if r != nil {
			report.Files = append(report.Files, *r)
		}
	}
	report.Files = append(report.Files, c.idle()...)
	for i := range report.Files {
		report.Decision = worst(report.Decision, report.Files[i].Decision)
	}
	return report
}

type checker struct {
	in    Input
	book  *book
	world *World
	used  map[Place]bool // waivers
}

// newChecker knows what the caller has told of the database, and no file yet.
func newChecker(in Input) *checker {
	c := &checker{used: map[Place]bool{}, in: in, book: newBook(), world: newWorld(in.Fresh)}
	if c.in.Dialect == "" {
		c.in.Dialect = statement.Postgres
	}
	c.world.server = in.Server
	c.world.learnKnown(in.Tables)
	c.world.learnFound(&in)
	c.learnSchema()
	return c
}

func only(p Phase) func(*File) bool {
	return func(f *File) bool { return PhaseOf(f.Path, f.Phase, f.Body) == p }
}

// files picks the applied files (nil), which are of no use where the schema is known, or those of a track that are not. On a fresh database the tracks run merged, in
// the order of numbers, so all count as the first.
func (c *checker) files(pick func(*File) bool) []int {
	var out []int
	for i := range c.in.Files {
		f := &c.in.Files[i]
		if pick == nil && c.in.Schema != nil {
			continue
		}
		if pick == nil && f.Applied || pick != nil && !f.Applied && pick(f) {
			out = append(out, i)
		}
	}
	return out
}

// PhaseOf says which track a file belongs to: as told, else by its folder, else by its first line.
func PhaseOf(name string, told Phase, body []byte) Phase {
	if told == PhaseExpand || told == PhaseContract {
		return told
	}
	switch path.Base(path.Dir(strings.ReplaceAll(name, "\\", "/"))) {
	case "expand":
		return PhaseExpand
	case "contract":
		return PhaseContract
	}
	if statement.MarkedContract(body) {
		return PhaseContract
	}
	return PhaseExpand
}

// file judges one file, or only learns from it when it is applied.
func (c *checker) file(f *File, r reading) *FileReport {
	sum := sha256.Sum256(f.Body)
	out := &FileReport{Path: f.Path, Phase: PhaseOf(f.Path, f.Phase, f.Body), SHA256: hex.EncodeToString(sum[:]),
		Decision: Allow, Statements: []Entry{}}
	parsed, err := r.file, r.err
	resolveNames(parsed.Statements)
	defer c.world.endFile()
	if f.Applied {
		c.world.track = before
		for i := range parsed.Statements {
			c.learn(&parsed.Statements[i])
		}
		return nil
	}
	c.world.track = inExpand
	if out.Phase == PhaseContract {
		c.world.track = inContract
	}
	var findings []Finding
	if err != nil {
		findings = []Finding{unreadable(err)}
	} else {
		findings = c.findings(&parsed, out.Phase)
	}
	for _, finding := range findings {
		if out.Phase == PhaseContract {
			finding.Instead = notLater(finding.Instead)
		}
		for _, e := range c.decide(finding, out) {
			out.Statements = append(out.Statements, e)
			out.Decision = worst(out.Decision, e.Decision)
		}
	}
	return out
}

// learnSchema takes in what the database has. A statement of it that cannot be read is as unknown as one never seen.
func (c *checker) learnSchema() {
	parsed, err := statement.Parse(c.in.Schema, c.in.Dialect)
	if err != nil {
		c.in.Schema = nil // then the applied files say what they can
		return
	}
	c.world.track, c.world.sighted = before, c.in.Schema != nil
	for i := range parsed.Statements {
		c.learn(&parsed.Statements[i])
	}
}

func (c *checker) learn(s *statement.Statement) {
	c.world.learn(s)
	for i := range s.Commands {
		c.world.learnCommand(s, &s.Commands[i])
	}
}

// findings are those of the statements, in order, and then those of the file as a whole.
func (c *checker) findings(parsed *statement.File, phase Phase) []Finding {
	if len(parsed.Statements) == 0 {
		r := emptyFile()
		return []Finding{fileFinding(&r, 1)}
	}
	var out []Finding
	file, held := fileShape{phase: phase}, holding{}
	for i := range parsed.Statements {
		s := &parsed.Statements[i]
		found := c.book.judge(Subject{Statement: s, World: c.world, File: parsed.Statements, Index: i})
		c.world.learn(s)
		if !s.Transactional() && len(parsed.Statements) > 1 {
			r := notAlone()
			found = append(found, r.find(&Subject{Statement: s, World: c.world}))
		}
		file.add(s, found)
		found = append(found, held.after(&Subject{Statement: s, World: c.world}, found)...)
		out = append(out, worstFirst(found)...)
	}
	return append(out, file.findings()...)
}

// worstFirst sorts what is said about one statement by how bad it is, without changing the order of equals.
func worstFirst(found []Finding) []Finding {
	out := make([]Finding, 0, len(found))
	for r := 3; r >= 0; r-- {
		for _, f := range found {
			if rank(f.Compatibility) == r {
				out = append(out, f)
			}
		}
	}
	return out
}
