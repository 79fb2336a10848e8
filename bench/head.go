package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// measured are the modules whose versions the head names.
var measured = []string{
	"github.com/alexedwards/scs/v2",
	"github.com/gorilla/sessions",
	"github.com/gin-gonic/gin",
	"github.com/gin-contrib/sessions",
	"github.com/gofiber/fiber/v3",
}

// printHead says what ran where.
func printHead(out io.Writer, conf config) {
	fmt.Fprintf(out, "# Coatcheck and its peers\n\n")
	fmt.Fprintf(out, "%s on %s/%s, %d processors; %s.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), versions())
	if conf.rounds < fullConfig().rounds || conf.measure < fullConfig().measure {
		fmt.Fprintf(out, "A short run: the figures are rough, do not quote them.\n")
	}
}

// versions returns the peers' versions as they were linked.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "versions unknown"
	}
	var list []string
	for _, path := range measured {
		for _, dep := range info.Deps {
			if dep.Path == path {
				list = append(list, strings.TrimPrefix(dep.Path, "github.com/")+" "+dep.Version)
			}
		}
	}
	return strings.Join(list, ", ")
}
