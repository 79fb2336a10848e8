//go:build linux && faultpoint

package crash

import "github.com/coatcheck/coatcheck/hashstore"

func hashPoints() []string { return hashstore.Points() }
