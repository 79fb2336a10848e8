package report

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// printMachine says where a benchmark ran, and with which versions of the
// given modules, as they were linked.
func printMachine(out io.Writer, modules []string) {
	fmt.Fprintf(out, "%s on %s/%s, %d processors; %s.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), versions(modules))
}

func versions(modules []string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "versions unknown"
	}
	var list []string
	for _, path := range modules {
		for _, dep := range info.Deps {
			if dep.Path == path {
				list = append(list, strings.TrimPrefix(dep.Path, "github.com/")+" "+dep.Version)
			}
		}
	}
	return strings.Join(list, ", ")
}
