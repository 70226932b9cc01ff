package policies

import (
	"slices"
	"strings"
)

// Report is the answer of Check. Its JSON is a format that others read.
type Report struct {
	Decision Action       `json:"decision"`
	Files    []FileReport `json:"files"`
}

// kindFolder is the kind of what is wrong with a folder as a whole: names, numbers, tracks, what the ledger says. No policy and
// no waiver lets it pass.
const kindFolder = "folder"

// AddFault puts what is wrong with the folder as a whole at the end of the report on the file that shows it, which may have none
// yet: a file that is not judged. The code stands for a rule.
func (r *Report) AddFault(path string, line int, code, why string, decision Action) {
	e := Entry{Rule: code, Why: why, Decision: decision, Policy: []Place{}, Finding: Finding{Rule: code, Line: max(line, 1), Kind: kindFolder,
		Compatibility: Never, Hazards: []Hazard{}, Operation: Operation{Locks: []Lock{}}}}
	i := slices.IndexFunc(r.Files, func(f FileReport) bool { return f.Path == path })
	if i < 0 {
		i = len(r.Files)
		r.Files = append(r.Files, FileReport{Path: path, Phase: PhaseFolder, Decision: Allow, Statements: []Entry{}})
	}
	r.Files[i].Statements = append(r.Files[i].Statements, e)
	r.Files[i].Decision = worst(r.Files[i].Decision, e.Decision)
	r.Decision = worst(r.Decision, e.Decision)
}

// FileReport is what is said about one file.
type FileReport struct {
	Path       string  `json:"path"`
	Phase      Phase   `json:"phase"`
	SHA256     string  `json:"sha256"` // hex; empty for what is not judged
	Decision   Action  `json:"decision"`
	Statements []Entry `json:"statements"`
}

// Entry is one finding with what the policies make of it. A statement about which two rules speak has two entries, the
// worse one first.
type Entry struct {
	Finding
	Rule     string   `json:"rule"`
	Why      string   `json:"why"`
	Instead  string   `json:"instead"`
	Decision Action   `json:"decision"`
	Policy   []Place  `json:"policy"` // the lines of the policies that decided; none: it is so whatever they say
	Roles    []string `json:"-"`      // who must approve, when Decision is Approve
}

func entry(f Finding, d decision) Entry {
	why := f.Why
	for _, n := range d.notes {
		why += " (" + n + ")"
	}
	e := Entry{Finding: f, Rule: f.Rule, Why: why, Instead: strings.TrimSpace(f.Instead), Decision: d.action, Policy: append([]Place{}, d.places...)}
	if d.action == Approve {
		e.Roles = d.roles
	}
	return e
}

// Approvals are the roles that must approve before the files of a phase may run, sorted; none when nothing needs it.
func (r *Report) Approvals(phase Phase) []string {
	roles := []string{}
	for _, f := range r.Files {
		if f.Phase != phase {
			continue
		}
		for _, e := range f.Statements {
			for _, role := range e.Roles {
				if !slices.Contains(roles, role) {
					roles = append(roles, role)
				}
			}
		}
	}
	slices.Sort(roles)
	return roles
}

// Hazards are those of a phase's files, sorted, each once.
func (r *Report) Hazards(phase Phase) []Hazard {
	out := []Hazard{}
	for _, f := range r.Files {
		for _, e := range f.Statements {
			for _, h := range e.Hazards {
				if f.Phase == phase && !slices.Contains(out, h) {
					out = append(out, h)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
