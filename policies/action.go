package policies

import "strconv"

// Action is what a policy wants done about a finding.
type Action string

// The actions, from the laxest to the strictest. Prove asks for evidence from the live database; where nobody can give
// it, it acts as Approve.
const (
	Allow   Action = "allow"
	Warn    Action = "warn"
	Prove   Action = "prove"
	Approve Action = "approve"
	Deny    Action = "deny"
)

func (a Action) rank() int {
	switch a {
	case Allow:
		return 0
	case Warn:
		return 1
	case Prove:
		return 2
	case Approve:
		return 3
	}
	return 4
}

// AtLeast says whether a is as strict as b, or stricter.
func (a Action) AtLeast(b Action) bool { return a.rank() >= b.rank() }

// ParseAction reads an action's word.
func ParseAction(s string) (Action, bool) {
	switch a := Action(s); a {
	case Allow, Warn, Prove, Approve, Deny:
		return a, true
	}
	return "", false
}

// worst is the stricter of two actions.
func worst(a, b Action) Action {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// DefaultRole approves where a policy names no other.
const DefaultRole = "dba"

// Setting is what a policy says about one key.
type Setting struct {
	Action   Action
	Role     string // who approves; DefaultRole when empty
	OverRows int64  // operations and rules only: the setting counts for tables with more rows than this
	Unknown  Action // with OverRows: the action where nobody knows how many rows there are; empty: Action
	At       Place  // where the policy says it
}

// Place is a line of a policy file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// String is the place as editors read it. The built-in policy is no file.
func (p Place) String() string {
	if p.File == builtIn {
		return "built in, line " + strconv.Itoa(p.Line)
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// builtIn is the name of the built-in policy.
const builtIn = "default.yaml"

// forRows is the setting for a table of a size, and whether it counts for that at all.
func (s Setting) forRows(rows int64, known bool) (Setting, bool) {
	switch {
	case s.OverRows == 0:
		return s, true
	case known:
		return s, rows > s.OverRows
	case s.Unknown != "":
		s.Action = s.Unknown
	}
	return s, true
}
