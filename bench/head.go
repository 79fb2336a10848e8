package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
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
	report.PrintMachine(out, measured...)
	if conf.rounds < fullConfig().rounds || conf.measure < fullConfig().measure {
		fmt.Fprintf(out, "A short run: the figures are rough, do not quote them.\n")
	}
}
