package sealed_test

import "os"

// torture reports whether the long counts are asked for.
func torture() bool { return os.Getenv("COATCHECK_TORTURE") == "1" }
