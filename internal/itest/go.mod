module github.com/coatcheck/coatcheck/internal/itest

go 1.25

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/coatcheck/coatcheck v0.0.0
	github.com/go-chi/chi/v5 v5.2.3
	pgregory.net/rapid v1.3.0
)

replace github.com/coatcheck/coatcheck => ../..
