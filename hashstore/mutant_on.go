//go:build mutants

package hashstore

import "os"

var chosenMutant = os.Getenv("COATCHECK_MUTANT")

// mutant reports whether the environment asks for the named mistake.
func mutant(name string) bool { return chosenMutant != "" && name == chosenMutant }
