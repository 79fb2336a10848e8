module github.com/coatcheck/coatcheck/internal/itest

go 1.25.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/coatcheck/coatcheck v0.0.0
	github.com/coatcheck/coatcheck/redisstore v0.0.0
	github.com/go-chi/chi/v5 v5.2.3
	pgregory.net/rapid v1.3.0
)

require (
	github.com/valkey-io/valkey-go v1.0.79 // indirect
	golang.org/x/sys v0.47.0 // indirect
)

replace github.com/coatcheck/coatcheck => ../..

replace github.com/coatcheck/coatcheck/redisstore => ../../redisstore
