# The commands of this house. Each runs alone, on a machine with Go: what a
# test needs besides, `make deps` installs or names.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

FUZZTIME ?= 30s
SOAKTIME ?= 30m
ARGS     ?=
export FUZZTIME

# Every module of the workspace, one a line: the folder may have spaces in its
# name.
modules = go list -m -f '{{.Dir}}'

# And the one outside it.
allmodules = { $(modules) && echo "$(CURDIR)/internal/tools"; }

.PHONY: help
help: ## say what there is to make
	@awk -F ':.*## ' \
		'/^##@ / { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

# What takes longest begins first, so that nothing waits for it at the end.
longest = ./internal/itest ./internal/itest/crash ./internal/itest/redisstore ./hashstore ./cmd/coatcheck ./filestore ./internal/itest/browser

##@ Every day

.PHONY: demo
demo: ## start the demo site (ARGS="--listen 127.0.0.1:8080")
	go run ./cmd/coatcheck demo $(ARGS)

.PHONY: test
test: deps ## run the tests of every module, with the race detector
	go run ./scripts/testall -race $(longest) work

.PHONY: check
check: deps fmt vet staticcheck tidy lint cross release-check ## everything about the code that needs no long run
	@echo "check: all well"

.PHONY: deps
deps: ## install what the tests need (Debian, as root), or say it
	@scripts/deps.sh

##@ Long runs

# A browser that clicks has no long counts.
tortured = $(addprefix ./internal/itest,/ /crash/... /mutation /redisstore /removal /transfer)

.PHONY: torture
torture: deps ## run the randomised tests with their long counts
	COATCHECK_TORTURE=1 go run ./scripts/testall -timeout 60m ./hashstore ./filestore ./sealed $(tortured)

.PHONY: soak
soak: deps ## run all tests again and again, shuffled, for SOAKTIME (30m)
	go run ./scripts/testall -race -for $(SOAKTIME)

.PHONY: soak-crash
soak-crash: SOAKTIME = 60m
soak-crash: deps ## kill processes and cut the power, with the long counts, for SOAKTIME (60m)
	COATCHECK_TORTURE=1 go run ./scripts/testall -timeout 40m -for $(SOAKTIME) -run 'Kill|Stop|Power' ./hashstore ./internal/itest/crash

.PHONY: soak-copy
soak-copy: deps ## copy 1,000,000 sessions, with the program killed 20 times on the way
	COATCHECK_COPY_SESSIONS=1000000 go run ./scripts/testall -timeout 60m ./internal/itest/transfer

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@scripts/fuzz.sh

.PHONY: bench
bench: ## measure us beside other libraries; prints Markdown tables
	go run ./bench $(ARGS)

# LMDB, and SQLite in C, take part where there is a C compiler.
cpeers = $(if $(filter 1,$(shell go env CGO_ENABLED)),-tags cpeers)

.PHONY: bench-engines
bench-engines: ## measure our embedded stores beside other engines
	go run $(cpeers) ./bench/engines $(ARGS)

.PHONY: bench-database
bench-database: deps ## measure our stores in databases and files beside others
	go run ./bench/database $(ARGS)

.PHONY: bench-redis
bench-redis: deps ## measure redisstore beside other libraries' Redis stores
	go run ./bench/redis $(ARGS)

##@ The parts of check

.PHONY: fmt
fmt: ## gofmt has nothing to change
	@unformatted=$$(gofmt -l .) && [ -z "$$unformatted" ] || { echo "fmt: run gofmt -w on:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet: ## go vet, every module
	go vet work

# Our error strings may begin with the name of the method that went wrong.
checks = inherit,ST1020,ST1021,-ST1005

.PHONY: staticcheck
staticcheck: ## staticcheck, pinned in internal/tools, every module
	@tool=$$(cd internal/tools && GOWORK=off go tool -n staticcheck) && \
	$(modules) | while read -r module; do \
		echo "staticcheck $$module"; (cd "$$module" && "$$tool" -checks $(checks) ./...) </dev/null || exit 1; \
	done

.PHONY: tidy
tidy: ## go mod tidy has nothing to change
	@$(allmodules) | while read -r module; do \
		(cd "$$module" && GOWORK=off go mod tidy -diff) </dev/null || { echo "tidy: run go mod tidy in $$module"; exit 1; }; \
	done

.PHONY: lint
lint: ## the house rules: arrows between packages, names, sizes, an empty go.mod
	go test ./internal/lint

.PHONY: cross
cross: ## every platform still builds
	@scripts/cross.sh

.PHONY: release-check
release-check: deps ## rehearse a release of this tree: tags, go install, a consumer
	go run ./scripts/release -tree v0.0.1-rehearsal

##@ Now and then

.PHONY: vuln
vuln: ## look for known vulnerabilities (needs the network)
	@$(allmodules) | while read -r module; do \
		echo "govulncheck $$module"; (cd "$$module" && GOWORK=off go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...) </dev/null || exit 1; \
	done

.PHONY: release
release: ## tag a release: make release VERSION=v1.2.3
	go run ./scripts/release -tag $(VERSION)
