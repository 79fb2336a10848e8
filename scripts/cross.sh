#!/usr/bin/env bash
# Type-checks the root module, tests included, and builds the program for every
# platform that we say works, without a C compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
	echo "cross: $platform"
	GOOS=${platform%/*} GOARCH=${platform#*/} go vet ./... ./cmd/coatcheck/... ./redisstore/...
	GOOS=${platform%/*} GOARCH=${platform#*/} go build -o /dev/null ./cmd/coatcheck
done
for platform in linux/386 freebsd/amd64; do
	echo "cross: $platform, without the program"
	GOOS=${platform%/*} GOARCH=${platform#*/} go vet ./...
done
