package statement

import (
	"regexp"
	"strings"
)

// newer is syntax that later versions of PostgreSQL brought than the one whose grammar the parser knows.
func newer() []struct{ what, pattern string } {
	return []struct{ what, pattern string }{
		{"NOT ENFORCED", `\bNOT\s+ENFORCED\b`},
		{"a VIRTUAL generated column", `\bGENERATED\s+ALWAYS\s+AS\s*\(.*\)(\s+VIRTUAL\b|\s*($|,|\)))`},
		{"NOT NULL as a named constraint", `\bADD\s+(CONSTRAINT\s+\S+\s+)?NOT\s+NULL\b`},
		{"WITHOUT OVERLAPS", `\bWITHOUT\s+OVERLAPS\b`},
		{"PERIOD in a foreign key", `\(\s*[^()]*\bPERIOD\s+\S+\s*\)`},
		{"ALTER CONSTRAINT … INHERIT", `\bALTER\s+CONSTRAINT\s+\S+\s+(NO\s+)?INHERIT\b`},
		{"RETURNING WITH (OLD …, NEW …)", `\bRETURNING\s+WITH\s*\(`},
	}
}

// newerSyntax says which newer syntax a statement that the parser refuses seems to hold; "" for none.
func newerSyntax(sql string) string {
	for _, n := range newer() {
		if regexp.MustCompile(`(?is)` + n.pattern).MatchString(sql) {
			return "; " + n.what + " is syntax of PostgreSQL 18, newer than the grammar of teal, " + Grammar
		}
	}
	if first := strings.Fields(sql); len(first) > 0 && strings.EqualFold(first[0], "REPACK") {
		return "; REPACK is newer than the grammar of teal, " + Grammar
	}
	return ""
}
