package field

import "strings"

// Style is a rule of a tool whose findings count neither as seeing a breakage nor as refusing something safe.
type Style struct {
	Tool, Rule string // a rule that ends in * stands for all that begin so
	Why        string
}

const (
	wording  = "how it is written, not what it does"
	types    = "which type is nicer"
	timeouts = "asks for a timeout; teal sets it for each file, and so says nothing"
)

// Styles are those rules, chosen by what they are about. One that may speak of a lock, of work or of an application stays in.
func Styles() []Style {
	return []Style{
		{"squawk", "prefer-*", types + ", or that it can be run twice"},
		{"squawk", "ban-char-field", types},
		{"squawk", "identifier-too-long", wording},
		{"squawk", "require-table-schema", wording},
		{"squawk", "require-lock-timeout", timeouts},
		{"squawk", "require-statement-timeout", timeouts},
		{"squawk", "require-timeout-settings", timeouts},
		{"postgres-language-server", "prefer*", types + ", or that it can be run twice"},
		{"postgres-language-server", "banCharField", types},
		{"postgres-language-server", "multipleAlterTable", wording + ": two statements could be one"},
		{"postgres-language-server", "creatingEnum", types},
		{"postgres-language-server", "lockTimeoutWarning", timeouts},
		{"postgres-language-server", "requireStatementTimeout", timeouts},
		{"postgres-language-server", "requireIdleInTransactionTimeout", timeouts},
		{"pgfence", "prefer-*", types + ", or that it can be run twice"},
		{"pgfence", "missing-*", timeouts + ", or for a name"},
	}
}

// style is why a rule does not count; empty when it does.
func style(tool, rule string) string {
	for _, s := range Styles() {
		start, open := strings.CutSuffix(s.Rule, "*")
		if s.Tool == tool && (rule == s.Rule || open && strings.HasPrefix(rule, start)) {
			return s.Why
		}
	}
	return ""
}
