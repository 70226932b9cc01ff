package oracle

import (
	"regexp"
	"strings"
)

// Advised are the statements in an advice, which is sentences, comments and SQL: a statement begins on a line of its own with a
// keyword and ends with a semicolon.
func Advised(advice string) []string {
	begins := regexp.MustCompile(`^(ALTER|ANALYZE|COMMENT|CREATE|DELETE|DROP|GRANT|INSERT|REINDEX|REVOKE|SET|TRUNCATE|UPDATE|VALIDATE) `)
	var out []string
	var open []string
	for _, line := range strings.Split(advice, "\n") {
		switch {
		case strings.HasPrefix(line, "--"):
			continue
		case len(open) == 0 && !begins.MatchString(line):
			continue
		}
		if open = append(open, line); strings.HasSuffix(line, ";") {
			out, open = append(out, strings.Join(open, "\n")), nil
		}
	}
	if len(open) > 0 {
		out = append(out, strings.Join(open, "\n"))
	}
	return out
}

// Filled is a statement of an advice with something in the place of each …, as a reader would put there.
func Filled(sql string) string {
	for _, place := range []struct{ before, after string }{{"SET …", "SET filled = 1"}, {"= …", "= 1"}, {"CHECK (…)", "CHECK (true)"}, {"PARTITION BY …", "PARTITION BY LIST (filled)"},
		{"FOR VALUES …", "FOR VALUES IN (1)"}, {" AS …", " AS SELECT 1"}, {"START WITH …", "START WITH 100"}, {"FUNCTION …", "FUNCTION filled()"}, {"…", "filled"}} {
		sql = strings.ReplaceAll(sql, place.before, place.after)
	}
	return sql
}
