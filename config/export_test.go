package config

import "iter"

// Fields yields the fields that set options, each with its option.
func Fields() iter.Seq2[string, string] {
	return func(yield func(name, option string) bool) {
		for _, f := range fields() {
			if !yield(f.name, f.option) {
				return
			}
		}
	}
}
