// Package near says which known word somebody may have meant. It knows how far two words lie apart; it refuses to know what
// they stand for.
package near

import (
	"fmt"
	"strings"
)

// far is the distance from which on two words have nothing to do with each other.
const far = 3

// Word returns the known word closest to a misspelt one, or "".
func Word(word string, known []string) string {
	best, distance := "", far
	for _, k := range known {
		if len(word) >= len(k)+far { // however long it is, it is not that one
			continue
		}
		if d := edits(strings.ToLower(word), k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// Hint names the nearest known word, or all of them.
func Hint(word string, known []string) string {
	if k := Word(word, known); k != "" {
		return fmt.Sprintf("did you mean %q?", k)
	}
	if len(known) == 0 {
		return "none is known"
	}
	return "known: " + strings.Join(known, ", ")
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
