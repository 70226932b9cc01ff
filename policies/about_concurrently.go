package policies

import "strings"

// concurrently is a CREATE INDEX as it is built beside the traffic: CONCURRENTLY, and without IF NOT EXISTS, which would pass
// over the remains of a failed build. The rest stays as it was written.
func concurrently(sql string) string {
	at := skipWords(sql, 0, "CREATE")
	if unique := skipWords(sql, at, "UNIQUE"); unique > at {
		at = unique
	}
	end := skipWords(sql, at, "INDEX")
	if at == 0 || end == at {
		return "CREATE INDEX CONCURRENTLY …"
	}
	rest := end
	if after := skipWords(sql, rest, "CONCURRENTLY"); after > rest {
		rest = after
	}
	if after := skipWords(sql, rest, "IF", "NOT", "EXISTS"); after > rest {
		rest = after
	}
	return sql[:end] + " CONCURRENTLY" + sql[rest:]
}

// skipWords returns the position behind the words, or the same position where they do not follow.
func skipWords(sql string, at int, words ...string) int {
	pos := at
	for _, w := range words {
		for pos < len(sql) && strings.IndexByte(" \t\r\n", sql[pos]) >= 0 {
			pos++
		}
		if len(sql)-pos < len(w) || !strings.EqualFold(sql[pos:pos+len(w)], w) || wordAt(sql, pos+len(w)) {
			return at
		}
		pos += len(w)
	}
	return pos
}
