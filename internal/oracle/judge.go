package oracle

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"teal.dev/teal/policies"
)

// Claim is what the gate says about the files of a case, taken together.
type Claim struct {
	Compatibility policies.Compatibility
	Hazards       []policies.Hazard
	Locks         map[string]policies.Level
	Rewrite, Scan bool
	Blocks        policies.Blocks
	Data          bool // rows are written: by the values, a foreign key takes a row lock on its other table, or not
	Skips         bool // IF [NOT] EXISTS may do nothing at all
	Upper         bool // the case says that the locks are a bound
	Cascade       bool // more is dropped than the text says
	Entries       []policies.Entry
}

func worse(a, b policies.Compatibility) policies.Compatibility {
	order := []policies.Compatibility{policies.Expand, policies.Depends, policies.Contract, policies.Never}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// Ask asks the gate about a case. Known is what was read from the database; without it, the case's schema is what earlier
// migrations made.
func Ask(c *Case, known policies.Input) (Claim, error) {
	var site []policies.Policy
	if c.Policy != "" {
		p, err := policies.ParsePolicy("policy.yaml", []byte(c.Policy))
		if err != nil {
			return Claim{}, err
		}
		site = append(site, p)
	}
	set, err := policies.NewSet(site...)
	if err != nil {
		return Claim{}, err
	}
	files := append([]policies.File{{Path: "0001_before.up.sql", Body: []byte(c.Schema), Applied: true}}, c.Files...)
	known.Policy, known.App, known.Files, known.Server, known.Now = set, "shop", files, c.Server, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	return claim(c, policies.Check(known)), nil
}

func claim(c *Case, report policies.Report) Claim {
	out := Claim{Compatibility: policies.Expand, Locks: map[string]policies.Level{}, Upper: c.Upper}
	for _, f := range report.Files {
		for _, e := range f.Statements {
			out.Entries = append(out.Entries, e)
			out.Compatibility = worse(out.Compatibility, e.Compatibility)
			for _, h := range e.Hazards {
				if !slices.Contains(out.Hazards, h) {
					out.Hazards = append(out.Hazards, h)
				}
			}
			out.Rewrite, out.Scan = out.Rewrite || e.Operation.Rewrite, out.Scan || e.Operation.Scan
			if e.Operation.Blocks == policies.BlocksReads || out.Blocks == policies.BlocksNobody {
				out.Blocks = e.Operation.Blocks
			}
			if strings.Contains(strings.ToUpper(e.SQL), "CASCADE") && e.Compatibility == policies.Never {
				out.Cascade = true
			}
			out.Skips = out.Skips || strings.Contains(strings.ToUpper(e.SQL), "IF NOT EXISTS") || strings.Contains(strings.ToUpper(e.SQL), "IF EXISTS") || c.Upper
			out.Data = out.Data || slices.Contains([]string{"insert", "update", "delete", "merge", "copy_from"}, e.Kind)
			out.Cascade = out.Cascade || e.Has(policies.OpaqueEffect)
			for _, l := range e.Operation.Locks {
				name := strings.TrimPrefix(l.Object, "public.")
				if Strength(l.Level) > Strength(out.Locks[name]) {
					out.Locks[name] = l.Level
				}
			}
		}
	}
	return out
}

// Contradictions are the claims of the gate that the server does not bear out; none is what we want.
func Contradictions(c *Case, claim Claim, seen Seen) []string {
	return append(append(contradictedCompatibility(c, claim, seen), contradictedRefusal(claim, seen)...), contradictedOperation(claim, seen)...)
}

// contradictedRefusal holds what the gate foresees against what the server refuses: that others need what is dropped
// (2BP01) can be known beforehand, so it has to be.
func contradictedRefusal(claim Claim, seen Seen) []string {
	surely, perhaps := false, false
	for _, e := range claim.Entries {
		surely = surely || strings.HasPrefix(e.Why, "the server refuses it")
		perhaps = perhaps || strings.Contains(e.Why, "the server refuses it if")
	}
	switch {
	case surely && seen.Refused == "":
		return []string{"the gate says that the server refuses it, and it does not"}
	case !surely && !perhaps && seen.Refused == "2BP01":
		return []string{"the server refuses it (2BP01), and the gate did not foresee it"}
	}
	return nil
}

// Surprises are the contradictions of a generated case, whose old version may or may not use what the migration is about: a
// false expand, a breakage that no hazard announces, another operation. A refused migration changes nothing.
func Surprises(claim Claim, seen Seen) []string {
	var out []string
	switch {
	case claim.Compatibility == policies.Expand && len(seen.Changed) > 0:
		out = append(out, "FALSE EXPAND: the gate says that the old version notices nothing, but"+changes(seen))
	case claim.Compatibility == policies.Depends:
		out = append(out, unexplained(claim, seen)...)
	}
	return append(append(out, contradictedRefusal(claim, seen)...), contradictedOperation(claim, seen)...)
}

func contradictedCompatibility(c *Case, claim Claim, seen Seen) []string {
	harm := len(seen.Changed) > 0 || seen.Refused != "" || len(c.Proof) > 0
	spared := c.Spared || c.Part != Bad && claim.Compatibility != policies.Depends
	switch {
	case claim.Compatibility == policies.Expand && (len(seen.Changed) > 0 || seen.Refused != ""):
		return []string{"FALSE EXPAND: the gate says that the old version notices nothing, but" + changes(seen)}
	case claim.Compatibility == policies.Expand:
		return nil
	case claim.Compatibility == policies.Depends && c.Spared && (len(seen.Changed) > 0 || seen.Refused != ""):
		return []string{fmt.Sprintf("the gate says depends (%v); the old version does not use what that names, and yet%s", claim.Hazards, changes(seen))}
	case claim.Compatibility == policies.Depends && !spared && !harm, claim.Compatibility != policies.Depends && !harm:
		return []string{fmt.Sprintf("the gate says %s %v, but nothing breaks", claim.Compatibility, claim.Hazards)}
	case claim.Compatibility == policies.Depends:
		return unexplained(claim, seen)
	}
	return nil
}

// unexplained are the breakages that none of the claimed hazards announces.
func unexplained(claim Claim, seen Seen) []string {
	var out []string
	for _, ch := range seen.Changed {
		if !slices.ContainsFunc(claim.Hazards, func(h policies.Hazard) bool { return announces(h, claim, ch) }) {
			out = append(out, fmt.Sprintf("no hazard of %v announces this: %s: %s: %s", claim.Hazards, ch.Mode, ch.Old.SQL, ch.How))
		}
	}
	return out
}

func announces(h policies.Hazard, claim Claim, ch Change) bool {
	class := ch.How
	if len(class) > 2 {
		class = class[:2]
	}
	if ch.Mode == During { // it waits for the locks, which are compared by themselves
		return true
	}
	rows := strings.HasPrefix(ch.How, "other rows") || strings.Contains(ch.How, ", where it was ")
	switch h {
	case policies.RowShape:
		code, _, _ := strings.Cut(ch.How, " ")
		return rows || strings.HasPrefix(ch.How, "other columns") ||
			slices.Contains([]string{"0A000", "42702", "42804", "42601", "22P04", "42846", "42P10"}, code)
	case policies.OldWritesRejected:
		return !ch.Old.reads() && (class == "23" || class == "22" || class == "0A" || class == "42" || class == "54" || class == "P0" || strings.HasPrefix(ch.How, "at COMMIT"))
	case policies.NewValues:
		return rows || strings.HasPrefix(ch.How, "no error")
	case policies.DataChanged:
		return rows || class == "23" || strings.HasPrefix(ch.How, "stores")
	}
	return true // changed behaviour, and what nobody can read, may show as anything
}

func changes(seen Seen) string {
	var b strings.Builder
	if seen.Refused != "" {
		fmt.Fprintf(&b, "\n    the server refuses it: %s", seen.Refused)
	}
	for i, ch := range seen.Changed {
		if i == most {
			fmt.Fprintf(&b, "\n    and %d more", len(seen.Changed)-most)
			break
		}
		fmt.Fprintf(&b, "\n    %s: %s: %s", ch.Mode, ch.Old.SQL, ch.How)
	}
	return b.String()
}

// most is how many broken statements are listed.
const most = 12

// Predicted compares what the gate said of the operation with what the server, which did not refuse it, did. Tables are the relations that were there
// before.
func Predicted(report policies.Report, e Effects, tables map[string]bool) []string {
	for name := range e.Locks {
		if !tables[name] {
			delete(e.Locks, name)
		}
	}
	said, seen := claim(&Case{}, report), Seen{Effects: e, Tables: tables}
	return append(contradictedRefusal(said, seen), contradictedOperation(said, seen)...)
}

func contradictedOperation(claim Claim, seen Seen) []string {
	if seen.Refused != "" {
		return nil
	}
	var out []string
	unknown := policies.Level("") // on an index whose table the migrations do not show
	whole := policies.Level("")   // on a table, and so on its indexes
	for name, level := range claim.Locks {
		switch {
		case seen.Minor[name] && Strength(level) > Strength(unknown):
			unknown = level
		case !seen.Minor[name] && Strength(level) > Strength(whole):
			whole = level
		}
	}
	for _, name := range keys(claim.Locks) {
		if got := seen.Locks[name]; Strength(got) < Strength(claim.Locks[name]) && !claim.Skips && seen.Tables[name] {
			out = append(out, fmt.Sprintf("lock on %s: the gate says %s, PostgreSQL takes %s", name, claim.Locks[name], or(string(got), "none")))
		}
	}
	for _, name := range keys(seen.Locks) {
		if Strength(claim.Locks[name]) < Strength(seen.Locks[name]) && !claim.Cascade && (claim.Locks[name] != "" || !seen.Minor[name]) &&
			Strength(seen.Locks[name]) > Strength(unknown) && !(seen.Minor[name] && Strength(seen.Locks[name]) <= Strength(whole)) && !(claim.Data && Strength(seen.Locks[name]) <= Strength(policies.RowExclusive)) {
			out = append(out, fmt.Sprintf("lock on %s: PostgreSQL takes %s, the gate says %s", name, seen.Locks[name], or(string(claim.Locks[name]), "none")))
		}
	}
	if claim.Rewrite != (len(seen.Written) > 0) && !(claim.Rewrite && claim.Skips) && !(claim.Cascade && !claim.Rewrite) {
		out = append(out, fmt.Sprintf("rewrite: the gate says %v, PostgreSQL rewrote %v", claim.Rewrite, names(seen.Written)))
	}
	if !claim.Rewrite && claim.Scan != (len(seen.Scanned) > 0) && !(claim.Scan && claim.Skips) && !(claim.Cascade && !claim.Scan) {
		out = append(out, fmt.Sprintf("scan: the gate says %v, PostgreSQL scanned %v", claim.Scan, names(seen.Scanned)))
	}
	if got := seen.Blocks; claim.Blocks != got && !claim.Skips && !claim.Cascade {
		out = append(out, fmt.Sprintf("blocks: the gate says %q, by its locks and work it is %q", claim.Blocks, got))
	}
	return out
}

// blocks says whom the work kept waiting: a lock on a table that is read or rewritten as a whole meanwhile, or (throughout: the
// locks are held for as long as the work takes, which those of a statement that commits by itself are not) on an index.
func (e *Effects) blocks(throughout bool) policies.Blocks {
	out := policies.BlocksNobody
	for name, level := range e.Locks {
		switch {
		case throughout && e.Minor[name] && level == policies.AccessExclusive && len(e.Scanned) > 0:
			return policies.BlocksReads // of an index: whoever plans a query of its table asks for all of its indexes
		case !e.Written[name] && !e.Scanned[name]:
		case Strength(level) >= Strength(policies.AccessExclusive):
			return policies.BlocksReads
		case Strength(level) >= Strength(policies.Share):
			out = policies.BlocksWrites
		}
	}
	return out
}

func keys(m map[string]policies.Level) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func names(m map[string]bool) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// says are the findings of a claim, a line each.
func (c *Claim) says() []string {
	var out []string
	for _, e := range c.Entries {
		line := e.Rule + ": " + string(e.Compatibility)
		for _, h := range e.Hazards {
			line += " " + string(h)
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// Want is the section that records what the gate said, what it said otherwise with the database at hand, and what the
// server did.
func Want(claim, known Claim, seen Seen) string {
	var b strings.Builder
	said := claim.says()
	for _, line := range said {
		fmt.Fprintln(&b, line)
	}
	if now := known.says(); !slices.Equal(now, said) {
		for _, line := range now {
			fmt.Fprintln(&b, "with the database "+line)
		}
	}
	for _, name := range keys(seen.Locks) {
		switch {
		case seen.Minor[name]:
		case claim.Upper: // which of them the server is seen with depends on the moment
			fmt.Fprintf(&b, "locks %s: at most %s\n", name, claim.Locks[name])
		default:
			fmt.Fprintf(&b, "locks %s: %s\n", name, seen.Locks[name])
		}
	}
	if len(seen.Written) > 0 {
		fmt.Fprintf(&b, "rewrites %s\n", strings.Join(names(seen.Written), ", "))
	}
	if len(seen.Scanned) > 0 {
		fmt.Fprintf(&b, "scans %s\n", strings.Join(names(seen.Scanned), ", "))
	}
	if seen.Refused != "" {
		fmt.Fprintf(&b, "refused: %s\n", seen.Refused)
	}
	for i, ch := range seen.Changed {
		if i == most {
			fmt.Fprintf(&b, "breaks %d more\n", len(seen.Changed)-most)
			break
		}
		fmt.Fprintf(&b, "breaks %s: %s: %s\n", ch.Mode, ch.Old.SQL, ch.How)
	}
	return b.String()
}
