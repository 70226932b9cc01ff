package policies_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestAnAdviceCanBeCopied: the line that makes a file a contract stands alone, as the reader of files wants it, and a
// column that a trigger kept in step is not dropped before its trigger, which would fail each write from then on.
func TestAnAdviceCanBeCopied(t *testing.T) {
	line := regexp.MustCompile(`(?m)^-- teal:contract.*$`)
	trigger := regexp.MustCompile(`(?s)-- and a trigger that (copies|fills).*DROP COLUMN`)
	for _, rule := range policies.Rules() {
		for _, found := range line.FindAllString(rule.Instead, -1) {
			require.Equal(t, "-- teal:contract", found, rule.ID)
		}
		if trigger.MatchString(rule.Instead) {
			require.Regexp(t, `(?s)DROP TRIGGER.*DROP FUNCTION.*DROP COLUMN`, rule.Instead, rule.ID)
		}
	}
}
