package report

import (
	"cmp"
	"slices"
)

// Median returns the middle value, the lower one of two; zero of none.
func Median[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
