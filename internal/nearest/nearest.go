// Package nearest finds what somebody may have meant who misspelt a name.
package nearest

import "strings"

// Name returns the known name that is nearest to the given one, "" if none is
// near: up to a third of its letters may be wrong, missing, too many, or
// exchanged with their neighbours.
func Name(given string, known []string) string {
	best, least := "", 1+max(1, len(given)/3)
	for _, name := range known {
		if d := distance(fold(given), fold(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// fold makes names alike that differ in their style only.
func fold(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s))
}

// distance counts the changes that lead from a to b.
func distance(a, b string) int {
	var before []int // the row of two letters ago, for exchanges
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
