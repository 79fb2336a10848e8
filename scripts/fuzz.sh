#!/usr/bin/env bash
# Runs every fuzz target of the workspace for FUZZTIME each (30s). What a
# target finds, go leaves in its package's testdata: a test from then on.
set -euo pipefail
cd "$(dirname "$0")/.."

# go test -list prints the names of a package's targets, then its path.
targets=$(go test -list '^Fuzz' work | awk '
	/^Fuzz/     { names[n++] = $1 }
	$1 == "ok"  { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }')
[ -n "$targets" ] || { echo "fuzz: no targets found" >&2; exit 1; }

failed=()
while read -r package target; do
	echo "== $package $target"
	go test "$package" -run='^$' -fuzz="^$target\$" -fuzztime="${FUZZTIME:-30s}" </dev/null || failed+=("$package.$target")
done <<<"$targets"
echo
echo "$(wc -l <<<"$targets") targets fuzzed, ${#failed[@]} failed ${failed[*]-}"
[ ${#failed[@]} -eq 0 ]
