package config

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the files that [Read] takes,
// for editors and other programs: the same as the file schema.json beside the
// source. What one field says against another it cannot find, and it knows the
// parameters of the built-in stores only.
func Schema() []byte { return slices.Clone(schema) }
