package main

import (
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
	report.PrintHead(out, "Coatcheck and its peers", conf.pace.Hastier(fullConfig().pace), measured...)
}
