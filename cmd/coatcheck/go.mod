module github.com/coatcheck/coatcheck/cmd/coatcheck

go 1.25.0

require (
	github.com/coatcheck/coatcheck v0.0.0
	github.com/coatcheck/coatcheck/redisstore v0.0.0
	github.com/rogpeppe/go-internal v1.16.0
	github.com/spf13/cobra v1.10.2
)

require (
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/valkey-io/valkey-go v1.0.79 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/tools v0.26.0 // indirect
)

replace github.com/coatcheck/coatcheck => ../..

replace github.com/coatcheck/coatcheck/redisstore => ../../redisstore
