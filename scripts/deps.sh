#!/usr/bin/env bash
# Installs what the tests need beyond Go: on Debian, as root, by itself;
# elsewhere it says what is missing. It does nothing when all is there.
set -euo pipefail

cc=$(go env CC)

# One line each: a command, or a pattern of paths of which one must exist; the
# Debian packages that bring it; what for.
needs=(
	"${cc%% *}|gcc libc6-dev|the race detector"
	"git|git|the release check"
	"/usr/lib/postgresql/*/bin/postgres|postgresql|the tests with PostgreSQL"
	"/usr/sbin/mariadbd|mariadb-server|the tests with MariaDB"
)

have() { command -v "$1" >/dev/null 2>&1 || compgen -G "$1" >/dev/null; }

packages=()
for need in "${needs[@]}"; do
	IFS='|' read -r what debian why <<<"$need"
	have "$what" && continue
	echo "deps: $what is missing, for $why (Debian: $debian)" >&2
	read -ra more <<<"$debian"
	packages+=("${more[@]}")
done
[ ${#packages[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "deps: please install these; on Debian: sudo apt-get install ${packages[*]}" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${packages[@]}" >/dev/null
